import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { describe, expect, it, vi } from "vitest";
import { findServer } from "../../src/servers/find-server.ts";
import { postgresRecipe } from "../../src/servers/postgres.ts";
import type { FoundServer } from "../../src/servers/test-server.ts";

// A first run fetches programs and makes a data folder.
vi.setConfig({ testTimeout: 180_000 });

const sources = ["machine", "package", "docker"] as const;
// A program of the machine and one from a package are looked after by the same keeper.
const endings = (["package", "docker"] as const).flatMap((source) =>
  (["SIGTERM", "SIGINT", "SIGKILL"] as const).map((signal) => [source, signal] as const),
);

describe("a server that was found", () => {
  it.for(sources)("answers until it is stopped: %s", async (source, { skip }) => {
    const environment = { ...process.env, REVO_TEST_SERVER_SOURCES: source };

    const found = await findServer(postgresRecipe, false, environment);
    if (found.kind === "missing") {
      skip(found.reason);
      return;
    }
    const { server } = found;
    const version = await postgresRecipe.probe(server.url);
    await server.stop();

    expect(server).toMatchObject({ store: "postgres", source, version });
    expect(server.description).not.toContain(new URL(server.url).password);
    await expect(postgresRecipe.probe(server.url)).rejects.toThrow(/ECONNREFUSED/);
  });

  it.for(sources)("can crash and comes back with its data: %s", async (source, { skip }) => {
    const environment = { ...process.env, REVO_TEST_SERVER_SOURCES: source };
    const found = await findServer(postgresRecipe, false, environment);
    if (found.kind === "missing") {
      skip(found.reason);
      return;
    }
    await using server = found.server;
    await query(server.url, "CREATE TABLE kept AS SELECT 7 AS number");

    await server.crash();
    await expect(postgresRecipe.probe(server.url)).rejects.toThrow(/ECONNREFUSED/);
    await server.restart();

    expect(await query(server.url, "SELECT number FROM kept")).toEqual([{ number: 7 }]);
  });

  it.for(endings)(
    "ends when the process that asked for it ends: %s, %s",
    async ([source, signal], { skip }) => {
      const holder = hold(source);
      const found = await firstMessage(holder);
      if (found.kind === "missing") {
        holder.kill();
        skip(found.reason);
        return;
      }

      holder.kill(signal);

      await vi.waitFor(
        () => expect(postgresRecipe.probe(found.server.url)).rejects.toThrow(/ECONNREFUSED/),
        { timeout: 20_000, interval: 100 },
      );
    },
  );
});

describe("a server program that does not start", () => {
  it("is reported with what it printed", async () => {
    const script = "console.error('out of cheese'); process.exitCode = 3";
    const recipe = {
      ...postgresRecipe,
      commands: () => [{ program: process.execPath, arguments: ["-e", script] }],
    };
    const environment = { ...process.env, REVO_TEST_SERVER_SOURCES: "package" };

    const found = await findServer(recipe, false, environment);

    expect(found).toMatchObject({ kind: "missing" });
    expect((found as { readonly reason: string }).reason).toMatch(
      /^no PostgreSQL server: package: .*node ended with exit code 3: out of cheese$/,
    );
  });
});

async function query(url: string, sql: string): Promise<readonly unknown[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** A process that asks for a server, tells what it found, and then holds on to it. */
function hold(source: string): ChildProcess {
  const script = fileURLToPath(new URL("hold-a-server.ts", import.meta.url));
  return fork(script, {
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
