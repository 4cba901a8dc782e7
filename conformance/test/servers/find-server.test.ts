import { describe, expect, it } from "vitest";
import { findServer, localOnly, type Source, sourcesToTry } from "../../src/servers/find-server.ts";
import { postgresRecipe } from "../../src/servers/postgres.ts";
import { requestFor } from "../../src/servers/server-request.ts";
import { type ServerSource, serverSources } from "../../src/servers/test-server.ts";

const request = requestFor({});
const url = "postgres://somebody@somewhere/else";

describe("the order in which a server is looked for", () => {
  it("is Docker, then a program of the machine, then one from a package, where no URL is named", () => {
    const sources = sourcesToTry(postgresRecipe, {});

    expect(sources).toEqual(["docker", "machine", "package"]);
  });

  it("ends with the URL where one is named", () => {
    const sources = sourcesToTry(postgresRecipe, { REVO_TEST_POSTGRES_URL: url });

    expect(sources).toEqual(["url"]);
  });

  it("takes an empty URL for none", () => {
    const sources = sourcesToTry(postgresRecipe, { REVO_TEST_POSTGRES_URL: "" });

    expect(sources).not.toContain("url");
  });

  it("keeps to the sources that the environment allows, in the usual order", () => {
    const environment = { REVO_TEST_SERVER_SOURCES: "package, machine" };

    expect(sourcesToTry(postgresRecipe, environment)).toEqual(["machine", "package"]);
  });

  it("passes over a URL where the environment allows only other sources", () => {
    const environment = { REVO_TEST_POSTGRES_URL: url, REVO_TEST_SERVER_SOURCES: "docker" };

    expect(sourcesToTry(postgresRecipe, environment)).toEqual(["docker"]);
  });

  it("refuses a source that there is not", () => {
    const environment = { REVO_TEST_SERVER_SOURCES: "docker,kubernetes" };

    expect(() => sourcesToTry(postgresRecipe, environment)).toThrow(
      "Expected `REVO_TEST_SERVER_SOURCES` to name some of url, docker, machine, package, got docker,kubernetes",
    );
  });
});

describe("where a server that has to run on this machine is looked for", () => {
  it.each([
    { allowed: undefined, sources: ["machine", "package"] },
    { allowed: "docker", sources: ["machine", "package"] },
    { allowed: "docker,package", sources: ["package"] },
    { allowed: "machine", sources: ["machine"] },
  ])("is $sources where the run allows $allowed", ({ allowed, sources }) => {
    const environment = localOnly({ REVO_TEST_SERVER_SOURCES: allowed });

    expect(sourcesToTry(postgresRecipe, environment)).toEqual(sources);
  });

  it("is not the URL of the environment", () => {
    const environment = localOnly({ REVO_TEST_POSTGRES_URL: url });

    expect(sourcesToTry(postgresRecipe, environment)).toEqual(["machine", "package"]);
  });
});

describe("looking for a server", () => {
  it("takes the first source that brings one, and does not ask the rest", async () => {
    const asked: ServerSource[] = [];
    const sources = sourcesThat(asked, ["machine", "package"]);

    const found = await findServer(postgresRecipe, request, {}, sources);

    expect(asked).toEqual(["docker", "machine"]);
    expect(found).toMatchObject({
      kind: "found",
      server: {
        store: "postgres",
        source: "machine",
        url: "postgres://machine",
        version: "1.2",
        description: "PostgreSQL 1.2, brought by machine",
      },
    });
  });

  it("says for each source why it has none, where none has one", async () => {
    const found = await findServer(postgresRecipe, request, {}, sourcesThat([], []));

    expect(found).toEqual({
      kind: "missing",
      store: "postgres",
      reason: "no PostgreSQL server: docker: broken; machine: broken; package: broken",
    });
  });

  it("tries nothing else where the server that was named does not answer", async () => {
    const asked: ServerSource[] = [];
    const environment = { REVO_TEST_POSTGRES_URL: url };
    const sources = sourcesThat(asked, ["docker", "machine", "package"]);

    const found = await findServer(postgresRecipe, request, environment, sources);

    expect(asked).toEqual(["url"]);
    expect(found).toMatchObject({ kind: "missing", reason: "no PostgreSQL server: url: broken" });
  });

  it("ends what the source has started", async () => {
    const stopped: string[] = [];
    const sources = sourcesThat([], ["docker"], (source) => stopped.push(source));

    const found = await findServer(postgresRecipe, request, {}, sources);
    if (found.kind === "found") await found.server.stop();

    expect(stopped).toEqual(["docker"]);
  });
});

/** Sources that note when they are asked; those of `working` bring a server. */
function sourcesThat(
  asked: ServerSource[],
  working: readonly ServerSource[],
  onStop: (source: ServerSource) => void = () => {},
): Readonly<Record<ServerSource, Source>> {
  const sourceFor =
    (source: ServerSource): Source =>
    async () => {
      asked.push(source);
      if (!working.includes(source)) throw new Error("broken");
      return {
        url: `postgres://${source}`,
        version: "1.2",
        origin: `brought by ${source}`,
        crash: async () => {},
        restart: async () => {},
        stop: async () => onStop(source),
      };
    };
  return Object.fromEntries(
    serverSources.map((source) => [source, sourceFor(source)]),
  ) as unknown as Readonly<Record<ServerSource, Source>>;
}
