import { describe, expect, it } from "vitest";
import { validate } from "../../src/handlers/validate.ts";
import type { StandardSchemaV1 } from "../../src/job/standard-schema.ts";

/** Quotes the value, as some schema libraries do. */
const quoting: StandardSchemaV1 = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) => ({
      issues: [{ message: `not ${JSON.stringify(value)}`, path: ["card", { key: 0 }] }],
    }),
  },
};

const throwing: StandardSchemaV1 = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) => {
      throw new Error(`cannot read ${JSON.stringify(value)}`);
    },
  },
};

function refusal(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was refused");
}

describe("what a schema says of a value", () => {
  it("is told to the caller, with its path", () => {
    const error = refusal(() => validate(quoting, "4711", "payload"));

    expect(error).toMatchObject({ code: "REVO_PAYLOAD_INVALID", path: "payload.card[0]" });
    expect(error.message).toContain('payload.card[0]: not "4711"');
  });

  it("is left out of what is recorded, since it may quote the payload (row 87)", () => {
    const told = refusal(() => validate(quoting, "4711", "payload", "record"));
    const thrown = refusal(() => validate(throwing, "4711", "payload", "record"));

    expect(told.message).toContain("payload.card[0]");
    for (const error of [told, thrown]) {
      expect(error.message).not.toContain("4711");
      expect(error.cause).toBeUndefined();
    }
  });

  it("is passed on as cause to the caller when the schema itself threw", () => {
    const error = refusal(() => validate(throwing, "4711", "payload"));

    expect((error.cause as Error).message).toBe('cannot read "4711"');
  });
});
