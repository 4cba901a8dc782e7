import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it, vi } from "vitest";
import { findServer, sourcesToTry } from "../../src/servers/find-server.ts";
import { recipes } from "../../src/servers/recipes.ts";
import type { ServerRecipe } from "../../src/servers/server-recipe.ts";
import { requestFor } from "../../src/servers/server-request.ts";
import type { FoundServer, StoreName } from "../../src/servers/test-server.ts";
import { keepNumber, keptNumber } from "./kept-number.ts";

// A first run fetches programs and makes a data folder.
vi.setConfig({ testTimeout: 180_000 });

const password = "abc0123456789";
// Those that the run is allowed, as everywhere.
const sources = sourcesToTry({ urlVariable: "REVO_TEST_NO_URL" }, process.env);
// A program of the machine and one from a package are looked after by the same keeper, and what is kept is
// one to it: a server with processes of its own stands for all.
const endings = sources
  .filter((source) => source !== "machine")
  .flatMap((source) =>
    (["SIGTERM", "SIGINT", "SIGKILL"] as const).map((signal) => [source, signal] as const),
  );

describe.for(Object.values(recipes))("a server of $store", (recipe) => {
  it.for(sources)("answers until it is stopped: %s", async (source, { skip }) => {
    const found = await findFrom(source, recipe);
    if (found.kind === "missing") {
      refuseInCi(source, found.reason);
      skip(found.reason);
      return;
    }
    const { server } = found;

    const version = await recipe.probe(server.url);
    await server.stop();

    expect(server).toMatchObject({ store: recipe.store, source, version });
    expect(server.description).not.toContain(password);
    await expect(recipe.probe(server.url)).rejects.toThrow();
  });

  it.for(sources)("can crash and comes back with its data: %s", async (source, { skip }) => {
    const found = await findFrom(source, recipe);
    if (found.kind === "missing") {
      refuseInCi(source, found.reason);
      skip(found.reason);
      return;
    }
    await using server = found.server;
    await keepNumber(server, 7);

    await server.crash();
    await expect(recipe.probe(server.url)).rejects.toThrow();
    await server.restart();

    expect(await keptNumber(server)).toBe(7);
  });

  it("that does not start is reported with what it printed", async () => {
    const script = "console.error('out of cheese'); process.exitCode = 3";
    const broken = {
      ...recipe,
      commands: () => [{ program: process.execPath, arguments: ["-e", script] }],
    };

    const found = await findFrom("package", broken);

    expect(found).toMatchObject({
      kind: "missing",
      reason: expect.stringMatching(
        /^no [\w ]+ server: package: .*node ended with exit code 3: out of cheese$/,
      ) as string,
    });
  });
});

describe("a server", () => {
  const recipe = recipes.postgres;

  it.for(endings)(
    "ends when the process that asked for it ends: %s, %s",
    async ([source, signal], { skip }) => {
      const holder = hold(recipe.store, source);
      const found = await firstMessage(holder);
      if (found.kind === "missing") {
        holder.kill();
        refuseInCi(source, found.reason);
        skip(found.reason);
        return;
      }

      holder.kill(signal);

      await vi.waitFor(() => expect(recipe.probe(found.server.url)).rejects.toThrow(), {
        timeout: 20_000,
        interval: 100,
      });
    },
  );
});

async function findFrom(source: string, recipe: ServerRecipe): ReturnType<typeof findServer> {
  const environment = { ...process.env, REVO_TEST_SERVER_SOURCES: source };
  return await findServer(recipe, requestFor({ password }), environment);
}

/** A package is to be had everywhere, and whoever allows one place alone means it. */
function refuseInCi(source: string, reason: string): void {
  const isNeeded = source === "package" || sources.length === 1;
  if (process.env["CI"] === "true" && isNeeded) throw new Error(reason);
}

/** A process that asks for a server, tells what it found, and then holds on to it. */
function hold(store: StoreName, source: string): ChildProcess {
  const script = fileURLToPath(new URL("hold-a-server.ts", import.meta.url));
  return fork(script, [store], {
    execArgv: [],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    env: { ...process.env, REVO_TEST_SERVER_SOURCES: source },
  });
}

async function firstMessage(holder: ChildProcess): Promise<FoundServer> {
  return await new Promise((resolve, reject) => {
    holder.once("message", (message) => resolve(message as FoundServer));
    holder.once("exit", (code) => reject(new Error(`exit code ${code}`)));
  });
}
