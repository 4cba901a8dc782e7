import { readFileSync } from "node:fs";
import { describeWithServer } from "@revojs/conformance/vitest";
import { describe, expect, it } from "vitest";
import { Program, withoutServerWarnings } from "./run-program.ts";
import { aPlaceOn, type OtherStorage, storeNames } from "./stores.ts";

const main = "graceful-shutdown/main.ts";
const expected = `${import.meta.dirname}/graceful-shutdown/main.expected.txt`;
const timeout = 30_000;

const isUnix = process.platform !== "win32";

describe.runIf(isUnix)("a process that runs jobs", () => declare(async () => undefined));
if (isUnix) {
  for (const store of storeNames) {
    describeWithServer(store, `a process that runs jobs on ${store}`, () =>
      declare(async () => (await aPlaceOn(store)).storage),
    );
  }
}

function declare(storageOf: () => Promise<OtherStorage | undefined>): void {
  const start = async (): Promise<Program> => {
    const storage = await storageOf();
    return new Program(main, [], storage === undefined ? {} : { storage });
  };

  it("on SIGTERM lets short jobs end, gives the others back and ends with code 0", {
    timeout,
  }, async () => {
    const program = await start();
    await program.printed("long.jpg: started");

    program.send("SIGTERM");
    const { code, stdout } = await program.end();

    expect(stdout).toBe(readFileSync(expected, "utf8"));
    expect(code).toBe(0);
  });

  it("ends at once on the second signal", { timeout }, async () => {
    const program = await start();
    await program.printed("long.jpg: started");

    program.send("SIGTERM");
    await program.printed("short.jpg: done");
    program.send("SIGTERM");
    const { code, stdout, stderr } = await program.end();

    expect(stdout).not.toContain("stopped");
    expect(withoutServerWarnings(stderr)).toContain("second signal: ending at once");
    expect(code).toBe(1);
  });
}
