import { describe, expect, it } from "vitest";
import { assertJobId, newJobId } from "../../src/job/job-id.ts";

describe("a new job id", () => {
  const ids = Array.from({ length: 10_000 }, newJobId);

  it("is a UUID of version 7 in lower case", () => {
    for (const id of ids) {
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
  });

  it("is like no other", () => {
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("comes after the ids made before it", () => {
    expect(ids.toSorted()).toEqual(ids);
  });

  it("ends in randomness that does not repeat", () => {
    const tails = new Set(ids.map((id) => id.slice(-10)));

    expect(tails.size).toBe(ids.length);
  });

  it("passes the check for ids from outside", () => {
    for (const id of ids.slice(0, 100)) {
      expect(() => assertJobId(id, "id")).not.toThrow();
    }
  });
});
