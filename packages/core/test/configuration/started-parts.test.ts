import { describe, expect, it } from "vitest";
import { StartedParts } from "../../src/configuration/started-parts.ts";

describe("StartedParts", () => {
  it("stops everything, last one first, one after the other", async () => {
    const parts = new StartedParts();
    const stopped: string[] = [];
    for (const name of ["storage", "scheduler", "server"]) {
      parts.add(async () => {
        stopped.push(`${name} stops`);
        await Promise.resolve();
        stopped.push(`${name} stopped`);
      });
    }

    await parts.stop();

    expect(stopped).toEqual([
      "server stops",
      "server stopped",
      "scheduler stops",
      "scheduler stopped",
      "storage stops",
      "storage stopped",
    ]);
  });

  it("stops the others when one fails, and throws its error", async () => {
    const parts = new StartedParts();
    const stopped: string[] = [];
    parts.add(() => void stopped.push("storage"));
    parts.add(() => {
      throw new Error("server broken");
    });

    await expect(parts.stop()).rejects.toThrow("server broken");

    expect(stopped).toEqual(["storage"]);
  });

  it("throws all errors together when several fail", async () => {
    const parts = new StartedParts();
    for (const name of ["a", "b"]) {
      parts.add(() => {
        throw new Error(name);
      });
    }

    const error = await parts.stop().catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(AggregateError);
    expect((error as AggregateError).errors).toMatchObject([{ message: "b" }, { message: "a" }]);
  });

  it("stops each part once", async () => {
    const parts = new StartedParts();
    let times = 0;
    parts.add(() => void (times += 1));

    await parts.stop();
    await parts.stop();

    expect(times).toBe(1);
  });
});
