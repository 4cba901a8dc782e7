import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeWithServer } from "@revojs/conformance/vitest";
import { describe, expect, it, onTestFinished } from "vitest";
import { Program } from "./run-program.ts";
import { aPlaceOn, storeNames } from "./stores.ts";

const main = "shop/src/main.ts";
const orders = readFileSync(join(import.meta.dirname, "shop/data/orders.jsonl"), "utf8").split(
  "\n",
);

describe("the shop as a program", { timeout: 30_000 }, () => {
  it("works through orders from standard input and ends with code 0", async () => {
    const text = [...orders.slice(0, 3), "rubbish", ...orders.slice(3, 5)].join("\n");

    const { code, stdout, stderr } = await new Program(main, [...outFolder(), "-"], {
      input: { text, ends: true },
    }).end();

    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^capture-payment +5 +0 +0 /m);
    expect(stdout).toMatch(/^ +line +4 +not JSON/m);
    expect(stdout).toContain("lines      6 = 5 orders + 1 bad");
    expect(stdout).toContain("All books agree.");
  });

  it.each([
    ["a file that is not there", ["nothing.jsonl"], /^Can't read orders from nothing.jsonl: /],
    [
      "a storage that is not there",
      ["--storage", "ftp://x"],
      /^There is no storage ftp:\/\/x\. There is: memory:/,
    ],
    ["an option that is not there", ["--fast"], /--fast/],
  ])("says what is wrong with %s and ends with code 2", async (_what, words, message) => {
    const { code, stdout, stderr } = await new Program(main, words).end();

    expect(stderr).toMatch(message);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });

  it("says that a server is not there, without the password, and ends with code 2", async () => {
    const words = ["--storage", "postgres://shop:secret@localhost:1/shop", "-"];

    const { code, stderr } = await new Program(main, [...outFolder(), ...words]).end();

    expect(stderr).toMatch(/^PostgreSQL cannot be reached.* \(REVO_STORAGE_UNAVAILABLE\)\n/);
    expect(stderr).not.toContain("secret");
    expect(code).toBe(2);
  });

  it("explains itself", async () => {
    const { code, stdout } = await new Program(main, ["--help"]).end();

    expect(stdout).toContain("npm start [-- [options] [file | -]]");
    expect(code).toBe(0);
  });

  it.skipIf(process.platform === "win32")(
    "stops on Ctrl-C, tells how far it came and ends as stopped by a signal",
    async () => {
      const text = `${orders.slice(0, 5).join("\n")}\n`;
      const program = new Program(main, [...outFolder(), "-"], {
        input: { text, ends: false },
      });
      await program.printed("Orders from standard input");

      program.send("SIGINT");
      const { code, stdout } = await program.end();

      expect(stdout).toMatch(
        /Stopped after [\d.]+ s: \d of \d orders are done\.|There is no order\./,
      );
      expect(code).toBe(130);
    },
  );
});

for (const store of storeNames) {
  describeWithServer(store, `the shop as a program on ${store}`, () => {
    it("works through its orders, and through the same ones again", {
      timeout: 60_000,
    }, async () => {
      const { url } = await aPlaceOn(store);
      const options = { input: { text: orders.slice(0, 6).join("\n"), ends: true } };
      const words = ["--storage", url, "-"];

      const first = await new Program(main, [...outFolder(), ...words], options).end();
      const second = await new Program(main, [...outFolder(), ...words], options).end();

      for (const { code, stdout } of [first, second]) {
        expect(code).toBe(0);
        expect(stdout).toContain("lines      6 = 6 orders + 0 bad");
        expect(stdout).toMatch(/^capture-payment +6 +0 +0 /m);
        expect(stdout).toContain("All books agree.");
        expect(stdout).not.toContain(new URL(url).password || "nothing to hide");
      }
    });
  });
}

function outFolder(): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), "revo-shop-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return ["--out", folder];
}
