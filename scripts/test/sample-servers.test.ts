import { describe, expect, it } from "vitest";
import { variablesOf } from "../checks/sample-servers.ts";

describe("a sample", () => {
  it("runs on a server of the store whose variable it reads", () => {
    const code = 'const url = process.env["REDIS_URL"] ?? "redis://localhost";';

    expect(variablesOf(code)).toEqual(["REDIS_URL"]);
  });

  it("runs on none when it only names a variable, or reads another one", () => {
    const code = 'console.log("POSTGRES_URL", process.env["HOME"]);';

    expect(variablesOf(code)).toEqual([]);
  });
});
