import { describeWithServer } from "@revojs/conformance/vitest";
import { Redis } from "ioredis";
import { expect, it, onTestFinished } from "vitest";
import { type KeyKind, keyKinds, rootOf, storageKeyOf } from "../src/keys.ts";
import { aStorage } from "./a-storage.ts";
import { callEverything } from "./every-call.ts";
import { keysOf } from "./redis-harness.ts";

describeWithServer("redis", "the keys of a Redis storage", ({ url }) => {
  it("are those of the table, each of the type given there, and all in one slot", async () => {
    const admin = new Redis(url);
    onTestFinished(() => admin.disconnect());
    const { storage, prefix } = await aStorage(url);
    const before = await monitored(url, prefix, () => callEverything(storage));

    const types = new Map<string, string>();
    for (const key of await keysOf(admin, prefix)) types.set(key, await admin.type(key));

    expect(types.get(storageKeyOf(prefix))).toBe("hash");
    types.delete(storageKeyOf(prefix));
    for (const [key, type] of types) {
      const known = keyKinds.find((kind) => patternOf(kind, prefix).test(key));
      expect.soft(known?.type, key).toBe(type);
    }
    expect(types.size).toBeGreaterThan(20);
    expect(before.filter((key) => !key.startsWith(`{${prefix}}:`))).toEqual([]);
  });

  it("are found without a look at all keys, and nothing is searched for in a list", async () => {
    const { storage, prefix } = await aStorage(url);

    const commands = await commandsOf(url, prefix, () => callEverything(storage));

    const linear = ["keys", "scan", "lrem", "lpos", "linsert", "smembers", "sort", "flushall"];
    expect(commands.filter((command) => linear.includes(command))).toEqual([]);
    expect(commands).toContain("evalsha");
  });
});

/** What stands in angle brackets is any text. */
function patternOf({ key }: KeyKind, prefix: string): RegExp {
  const text = (rootOf(prefix) + key).replaceAll(/[{}.]/g, "\\$&").replaceAll(/<\w+>/g, ".+");
  return new RegExp(`^${text}$`);
}

/** The first argument of each command that scripts of the storage ran. */
async function monitored(
  url: string,
  prefix: string,
  act: () => Promise<void>,
): Promise<readonly string[]> {
  const lines = await linesOf(url, prefix, act);
  const keyless = new Set(["time"]);
  return lines.flatMap(([command = "", key]) =>
    keyless.has(command) || key === undefined ? [] : [key],
  );
}

async function commandsOf(
  url: string,
  prefix: string,
  act: () => Promise<void>,
): Promise<readonly string[]> {
  const scripted = await linesOf(url, prefix, act);
  return [...new Set(["evalsha", ...scripted.map(([command = ""]) => command)])];
}

/** What MONITOR tells of the commands within scripts, those of other tests aside. */
async function linesOf(
  url: string,
  prefix: string,
  act: () => Promise<void>,
): Promise<readonly (readonly string[])[]> {
  const admin = new Redis(url);
  const monitor = await admin.monitor();
  const lines: (readonly string[])[] = [];
  monitor.on("monitor", (_time: string, args: string[], source: string) => {
    const isOurs = args.some((value) => value.includes(prefix));
    if (source === "lua" && isOurs) lines.push([args[0]?.toLowerCase() ?? "", ...args.slice(1)]);
  });
  await act();
  await admin.echo("the end");
  monitor.disconnect();
  admin.disconnect();
  return lines;
}
