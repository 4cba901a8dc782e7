import { describe, expect, it } from "vitest";
import { assertJobType, assertQueue, assertTags, isWellFormedText } from "../../src/job/names.ts";
import { digestKey } from "../../src/job/unique-key.ts";
import { refusalOf } from "./thrown-by.ts";

function queueRefusal(value: unknown): string {
  return refusalOf(() => assertQueue(value, "queue"));
}

function tagsRefusal(value: unknown): string {
  return refusalOf(() => assertTags(value, "tags"));
}

describe("row 88: separators and patterns as the name of a queue", () => {
  it.each(["a:b", "a{b}", "a b", "a/b", "a%3Ab", "*", "a?", "[x]", "-a", ".a", "_a"])(
    "refuses %s",
    (name) => {
      expect(queueRefusal(name)).toBe("REVO_NAME_INVALID queue");
    },
  );

  it.each(["default", "0", "a.b-c_d", "x".repeat(64)])("accepts %s", (name) => {
    expect(() => assertQueue(name, "queue")).not.toThrow();
  });
});

describe("row 89: injection as a name", () => {
  it.each(["'; drop table jobs; --", '" or 1=1', "$where", '{"$ne":null}', { $ne: null }])(
    "refuses %o as a queue and as a job type",
    (name) => {
      expect(queueRefusal(name)).toBe("REVO_NAME_INVALID queue");
      expect(refusalOf(() => assertJobType(name, "type"))).toBe("REVO_NAME_INVALID type");
    },
  );
});

describe("row 90: names of Object's own", () => {
  it("are data as tags", () => {
    expect(() => assertTags(["__proto__", "constructor", "toString"], "tags")).not.toThrow();
  });

  it("are no queues where they hold capitals or begin with an underscore", () => {
    expect(queueRefusal("__proto__")).toBe("REVO_NAME_INVALID queue");
    expect(queueRefusal("toString")).toBe("REVO_NAME_INVALID queue");
  });
});

describe("row 91: case and Unicode forms", () => {
  it("cannot tell two queues apart", () => {
    expect(queueRefusal("Q")).toBe("REVO_NAME_INVALID queue");
    expect(queueRefusal("café")).toBe("REVO_NAME_INVALID queue");
  });

  it("tell two unique keys apart", () => {
    expect(digestKey("café".normalize("NFC"))).not.toBe(digestKey("café".normalize("NFD")));
  });
});

describe("row 92: length, emptiness and what does not print", () => {
  it.each(["x".repeat(65), "x".repeat(10_240), "", "🎉", "\u202eabc", "a\n", "\u001b[31m"])(
    "refuses %j as a queue",
    (name) => {
      expect(queueRefusal(name)).toBe("REVO_NAME_INVALID queue");
    },
  );

  it("shows what does not print as code points, cut to 80 characters", () => {
    expect(() => assertQueue("\u001b[31m\u202e", "queue")).toThrow(
      String.raw`got "\u001b[31m\u202e"`,
    );
    expect(() => assertQueue("x".repeat(10_240), "queue")).toThrow(/got "x{78}…$/);
  });
});

describe("tags", () => {
  it("are at most 16", () => {
    const sixteen = Array.from({ length: 16 }, (_, i) => `tag ${i}`);

    expect(() => assertTags(sixteen, "tags")).not.toThrow();
    expect(tagsRefusal([...sixteen, "one more"])).toBe("REVO_NAME_INVALID tags");
  });

  it("have 1 to 128 bytes each", () => {
    expect(() => assertTags(["é".repeat(64)], "tags")).not.toThrow();
    expect(tagsRefusal(["é".repeat(64) + "x"])).toBe("REVO_NAME_INVALID tags[0]");
    expect(tagsRefusal(["a", ""])).toBe("REVO_NAME_INVALID tags[1]");
  });

  it("are well-formed texts", () => {
    expect(tagsRefusal(["a\u0000"])).toBe("REVO_NAME_INVALID tags[0]");
    expect(tagsRefusal(["\udc00"])).toBe("REVO_NAME_INVALID tags[0]");
    expect(tagsRefusal([5])).toBe("REVO_NAME_INVALID tags[0]");
    expect(tagsRefusal("urgent")).toBe("REVO_NAME_INVALID tags");
  });

  it("beginning with `revo.` are the project's own", () => {
    expect(tagsRefusal(["revo.recurring"])).toBe("REVO_NAME_INVALID tags[0]");
    expect(() => assertTags(["revo.recurring"], "tags", { allowReserved: true })).not.toThrow();
  });
});

describe("well-formed text", () => {
  it("has whole characters and no U+0000", () => {
    expect(["", "a", "😀", "e\u0301"].map(isWellFormedText)).toEqual([true, true, true, true]);
    expect(["\ud83d", "\ude00\ud83d", "\u0000"].map(isWellFormedText)).toEqual([
      false,
      false,
      false,
    ]);
  });
});
