import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeBody, encodeBody, tagsOf } from "../src/body.ts";

const text = fc.string({ unit: "binary" });

describe("a job's body", () => {
  it("comes back unit for unit, whatever is in tags, payload and envelope", () => {
    const bodies = fc.record({ tags: fc.array(text), payload: text, envelope: text });

    fc.assert(
      fc.property(bodies, (body) => {
        const stored = encodeBody(body);

        expect(decodeBody(stored)).toEqual(body);
        expect(tagsOf(stored)).toEqual(body.tags);
      }),
    );
  });

  it("begins with the payload's length in bytes, which the scripts read", () => {
    const stored = encodeBody({ tags: [], payload: "žluť", envelope: "{}" });

    expect(stored.startsWith("6 4 \n")).toBe(true);
  });

  it("gives its tags from the first line alone", () => {
    const stored = encodeBody({ tags: ["eu", "a\nb"], payload: "x".repeat(100), envelope: "" });
    const [line = ""] = stored.split("\n");

    expect(tagsOf(`${line}\n`)).toEqual(["eu", "a\nb"]);
  });

  it.each(["", "damaged", "5 5", "5 9 \nabc", "x y \nabc", "1 -1 \nabc"])(
    "is not taken from %j",
    (stored) => {
      expect(decodeBody(stored)).toBeUndefined();
    },
  );
});
