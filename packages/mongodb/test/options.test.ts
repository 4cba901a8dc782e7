import type { RevoErrorCode } from "@revojs/core";
import { describe, expect, it } from "vitest";
import { MongodbJobStorage } from "../src/mongodb-job-storage.ts";

const url = "mongodb://127.0.0.1:1/revo";

describe("the options of the MongoDB storage", () => {
  it.each<[what: string, options: object, code: RevoErrorCode, path: string]>([
    ["an unknown name", { url, prefxi: "a" }, "REVO_OPTION_UNKNOWN", "prefxi"],
    ["neither db nor url", {}, "REVO_ARGUMENT_INVALID", "db"],
    ["a db that is none", { db: {} }, "REVO_ARGUMENT_INVALID", "db"],
    ["an empty url", { url: "" }, "REVO_ARGUMENT_INVALID", "url"],
    ["a prefix with a dot", { url, prefix: "a.b" }, "REVO_ARGUMENT_INVALID", "prefix"],
    ["a prefix of 33 letters", { url, prefix: "a".repeat(33) }, "REVO_ARGUMENT_INVALID", "prefix"],
    ["an unknown durability", { url, durability: "none" }, "REVO_ARGUMENT_INVALID", "durability"],
    ["a flag that is a text", { url, strictFifo: "yes" }, "REVO_ARGUMENT_INVALID", "strictFifo"],
    ["a deadline of 0", { url, timeoutMs: 0 }, "REVO_ARGUMENT_INVALID", "timeoutMs"],
    ["a fraction", { url, clockMaxAgeMs: 0.5 }, "REVO_ARGUMENT_INVALID", "clockMaxAgeMs"],
  ])("refuse %s with its path", (_, options, code, path) => {
    const construct = (): MongodbJobStorage => new MongodbJobStorage(options);

    expect(construct).toThrow(expect.objectContaining({ code, path }));
  });

  it("say what was wrong with the value", () => {
    expect(() => new MongodbJobStorage({ url, prefix: "not this" })).toThrow(
      "Expected `prefix` to be 1 to 32 letters, digits, `_` and `-`, got not this",
    );
  });

  it("decide what order a claim promises", () => {
    const [window, strict] = [false, true].map(
      (strictFifo) => new MongodbJobStorage({ url, strictFifo }).capabilities.claimOrder,
    );

    expect([window, strict]).toEqual(["window", "strict"]);
  });
});
