import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digestKey, resolveUniqueKey, type UniqueKeyOptions } from "../../src/job/unique-key.ts";
import { refusalOf } from "./thrown-by.ts";

describe("the digest of a key", () => {
  it("is the SHA-256 of its UTF-8 in base64url: the same on every storage and in every release", () => {
    expect(digestKey("capture-42")).toBe("LrVDctL2X3ftXDH4gH4nynLzMHUTb_Onw3NmLil2eWg");
  });

  it("differs when the keys differ and fits into 64 bytes", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ minLength: 1, maxLength: 100, unit: "grapheme-ascii" }), {
          minLength: 2,
        }),
        (keys) => {
          const digests = keys.map(digestKey);

          expect(new Set(digests).size).toBe(keys.length);
          expect(digests.every((digest) => /^[\w-]{43}$/.test(digest))).toBe(true);
        },
      ),
    );
  });

  it("takes keys of up to 512 bytes", () => {
    expect(digestKey("é".repeat(256))).toHaveLength(43);
    expect(refusalOf(() => digestKey(`${"é".repeat(256)}x`))).toBe("REVO_KEY_INVALID key");
  });
});

describe("a unique key", () => {
  it("as a text is held until the job has finished, and keeps the holder", () => {
    expect(resolveUniqueKey("capture-42", "uniqueKey")).toEqual({
      unique: { key: digestKey("capture-42"), scope: "untilFinished", onConflict: "keep" },
      reject: false,
      readable: "capture-42",
    });
  });

  it("takes its scope from the caller", () => {
    for (const scope of ["untilStarted", "untilFinished", "retained"] as const) {
      expect(resolveUniqueKey({ key: "a", scope }, "uniqueKey").unique).toMatchObject({ scope });
    }
  });

  it("may be held for a window of time", () => {
    const { unique } = resolveUniqueKey({ key: "a", scope: { window: "1 h" } }, "uniqueKey");

    expect(unique).toMatchObject({ scope: "window", windowMs: 3_600_000 });
  });

  it("that replaces is the storage's to do, one that rejects is core's", () => {
    expect(resolveUniqueKey({ key: "a", onConflict: "replace" }, "uniqueKey")).toMatchObject({
      unique: { onConflict: "replace" },
      reject: false,
    });
    expect(resolveUniqueKey({ key: "a", onConflict: "reject" }, "uniqueKey")).toMatchObject({
      unique: { onConflict: "keep" },
      reject: true,
    });
  });

  it.each([
    [{ key: "a", scope: "always" }, "REVO_ARGUMENT_INVALID uniqueKey.scope"],
    [{ key: "a", scope: null }, "REVO_ARGUMENT_INVALID uniqueKey.scope"],
    [{ key: "a", scope: { window: 0 } }, "REVO_DURATION_INVALID uniqueKey.scope.window"],
    [{ key: "a", scope: {} }, "REVO_DURATION_INVALID uniqueKey.scope.window"],
    [{ key: "a", scope: { windowMs: 5 } }, "REVO_OPTION_UNKNOWN uniqueKey.scope.windowMs"],
    [{ key: "a", onConflict: "throw" }, "REVO_ARGUMENT_INVALID uniqueKey.onConflict"],
  ])("is refused: %j", (option, expected) => {
    expect(refusalOf(() => resolveUniqueKey(option as UniqueKeyOptions, "uniqueKey"))).toBe(
      expected,
    );
  });
});
