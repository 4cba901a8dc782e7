import { cacheFolder } from "./cache-folder.ts";
import { startContainer } from "./docker-source.ts";
import { launch } from "./launch.ts";
import type { RunningServer } from "./running-server.ts";
import type { Environment, ServerRecipe, ServerRequest } from "./server-recipe.ts";
import {
  type FoundServer,
  type OwnServer,
  type ServerSource,
  serverSources,
} from "./test-server.ts";

/** What a source brought, and for people where from: `a program of this machine (…)`. */
export interface Brought extends RunningServer {
  readonly origin: string;
}

/** A place to look for a server in. Throws with the reason where it has none. */
export type Source = (
  recipe: ServerRecipe,
  request: ServerRequest,
  environment: Environment,
) => Promise<Brought>;

/**
 * Looks in one place after the other, in the order of {@link serverSources}, and takes the first server that answers.
 *
 * A URL in the environment is an order: where it doesn't answer nothing else is tried, so that nobody believes to have tested the
 * server that was named. `REVO_TEST_SERVER_SOURCES` (`machine,package`) leaves the other places out.
 */
export async function findServer(
  recipe: ServerRecipe,
  request: ServerRequest,
  environment: Environment,
  sources: Readonly<Record<ServerSource, Source>> = realSources,
): Promise<FoundServer<OwnServer>> {
  const reasons: string[] = [];
  for (const source of sourcesToTry(recipe, environment)) {
    try {
      const { origin, ...running } = await sources[source](recipe, request, environment);
      const description = `${recipe.title} ${running.version}, ${origin}`;
      const server = { ...running, store: recipe.store, source, description };
      return { kind: "found", server: { ...server, [Symbol.asyncDispose]: running.stop } };
    } catch (error) {
      reasons.push(`${source}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const reason = `no ${recipe.title} server: ${reasons.join("; ")}`;
  return { kind: "missing", store: recipe.store, reason };
}

/** Which places are looked at, in order. Pure. */
export function sourcesToTry(
  recipe: Pick<ServerRecipe, "urlVariable">,
  environment: Environment,
): readonly ServerSource[] {
  const wanted = environment["REVO_TEST_SERVER_SOURCES"];
  const names = isSet(wanted) ? wanted.split(",").map((name) => name.trim()) : serverSources;
  const unknown = names.filter((name) => !serverSources.some((source) => source === name));
  if (unknown.length > 0) {
    throw new Error(
      `Expected \`REVO_TEST_SERVER_SOURCES\` to name some of ${serverSources.join(", ")}, got ${wanted}`,
    );
  }
  const allowed = serverSources.filter((source) => names.includes(source));
  if (!isSet(environment[recipe.urlVariable])) return allowed.filter((source) => source !== "url");
  return allowed.includes("url") ? ["url"] : allowed;
}

/**
 * The environment for a server that has to be a program of this machine: of the allowed sources those that bring one, or both where
 * none of them does. Pure.
 */
export function localOnly(environment: Environment): Environment {
  const local = ["machine", "package"] as const;
  const allowed = sourcesToTry({ urlVariable: "" }, environment);
  const wanted = local.filter((source) => allowed.includes(source));
  const sources = wanted.length === 0 ? local : wanted;
  return { ...environment, REVO_TEST_SERVER_SOURCES: sources.join() };
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== "";
}

const realSources: Readonly<Record<ServerSource, Source>> = {
  async url({ urlVariable, probe }, _request, environment) {
    const url = environment[urlVariable] ?? "";
    const version = await probe(url);
    const refuse = async (): Promise<never> => {
      throw new Error(`The server that ${urlVariable} names is not ours to end or to start`);
    };
    const origin = `the one that ${urlVariable} names`;
    return { url, version, origin, crash: refuse, restart: refuse, stop: async () => {} };
  },

  async docker(recipe, request, environment) {
    const container = await startContainer(recipe, request, environment);
    return { ...container, origin: `a container of ${container.image}` };
  },

  async machine(recipe, request, environment) {
    const [programs] = await recipe.findPrograms(environment);
    if (programs === undefined) throw new Error("no such program is installed");
    const server = await launch(recipe, programs, request);
    return { ...server, origin: `a program of this machine (${programs})` };
  },

  async package(recipe, request, environment) {
    const programs = await recipe.fetchPrograms(cacheFolder(environment), environment);
    return { ...(await launch(recipe, programs, request)), origin: "a program from a package" };
  },
};
