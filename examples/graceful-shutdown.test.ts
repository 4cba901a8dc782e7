import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Program } from "./run-program.ts";

const main = "graceful-shutdown/main.ts";
const expected = `${import.meta.dirname}/graceful-shutdown/main.expected.txt`;

const isUnix = process.platform !== "win32";

describe.runIf(isUnix)("a process that runs jobs", { timeout: 30_000 }, () => {
  it("on SIGTERM lets short jobs end, gives the others back and ends with code 0", async () => {
    const program = new Program(main);
    await program.printed("long.jpg: started");

    program.send("SIGTERM");
    const { code, stdout } = await program.end();

    expect(stdout).toBe(readFileSync(expected, "utf8"));
    expect(code).toBe(0);
  });

  it("ends at once on the second signal", async () => {
    const program = new Program(main);
    await program.printed("long.jpg: started");

    program.send("SIGTERM");
    await program.printed("short.jpg: done");
    program.send("SIGTERM");
    const { code, stdout, stderr } = await program.end();

    expect(stdout).not.toContain("stopped");
    expect(stderr).toContain("second signal: ending at once");
    expect(code).toBe(1);
  });
});
