import { RevoArgumentError } from "@revojs/core";
import { describe, expect, it } from "vitest";
import { MemoryJobStorage, type MemoryJobStorageOptions } from "../src/index.ts";

function errorOf(options: unknown): unknown {
  try {
    return new MemoryJobStorage(options as MemoryJobStorageOptions);
  } catch (error) {
    return error;
  }
}

describe("options of MemoryJobStorage", () => {
  it("may be left out", async () => {
    const { storageId } = await new MemoryJobStorage().open();

    expect(storageId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("refuse an unknown name and suggest the nearest", () => {
    const error = errorOf({ maxFinshed: 5 });

    expect(error).toBeInstanceOf(RevoArgumentError);
    expect(error).toMatchObject({ code: "REVO_OPTION_UNKNOWN", path: "maxFinshed" });
    expect(String(error)).toContain("did you mean `maxFinished`?");
  });

  it("list the known names when none is near", () => {
    expect(String(errorOf({ connectionString: "x" }))).toContain(
      "expected one of clock, maxFinished, storageId",
    );
  });

  it.each([
    [{ maxFinished: -1 }, "Expected `maxFinished` to be an integer >= 0, got -1"],
    [{ maxFinished: 1.5 }, "Expected `maxFinished` to be an integer >= 0, got 1.5"],
    [{ maxFinished: "10" }, "Expected `maxFinished` to be an integer >= 0, got 10"],
    [{ maxFinished: null }, "Expected `maxFinished` to be an integer >= 0, got null"],
    [{ clock: {} }, "Expected `clock` to be an IClock, got an object"],
    [{ clock: null }, "Expected `clock` to be an IClock, got null"],
    [{ storageId: "" }, "Expected `storageId` to be a string that is not empty, got "],
    [null, "Expected `options` to be an object, got null"],
  ])("refuse %j by name, rule and value", (options, message) => {
    const error = errorOf(options);

    expect(error).toMatchObject({ name: "RevoArgumentError", code: "REVO_ARGUMENT_INVALID" });
    expect(error).toHaveProperty("message", message);
  });

  it("name the storage when `storageId` is given", async () => {
    const { storageId } = await new MemoryJobStorage({ storageId: "test-7" }).open();

    expect(storageId).toBe("test-7");
  });
});
