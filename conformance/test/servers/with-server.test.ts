import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it, vi } from "vitest";
import { testServer } from "@revojs/conformance/servers";

vi.setConfig({ testTimeout: 180_000 });

const nowhere = "postgres://nobody:secret@127.0.0.1:1/nothing";

describe("tests that need a server", () => {
  it("are skipped by name and reason where there is none", async () => {
    const run = await runFixture({ REVO_TEST_POSTGRES_URL: nowhere, CI: "" });

    expect(run.output).toMatch(
      /a server of postgres is found.*no PostgreSQL server: url: .*REFUSED/,
    );
    expect(run.output).toMatch(/1 skipped/);
    expect(run.exitCode).toBe(0);
  });

  it("fail where there is none and CI is true", async () => {
    const run = await runFixture({ REVO_TEST_POSTGRES_URL: nowhere, CI: "true" });

    expect(run.output).toMatch(/Error: no PostgreSQL server: url: .*REFUSED/);
    expect(run.output).toMatch(/1 failed/);
    expect(run.exitCode).toBe(1);
  });

  it("never show the password of the server that did not answer", async () => {
    const run = await runFixture({ REVO_TEST_POSTGRES_URL: nowhere, CI: "true" });

    expect(run.output).not.toContain("secret");
  });

  it("run on the server of the environment, and say which that is", async () => {
    const found = await testServer("postgres");
    if (found.kind === "missing") throw new Error(found.reason);

    const run = await runFixture({ REVO_TEST_POSTGRES_URL: found.server.url, CI: "true" });

    expect(run.output).toMatch(
      /Test server: PostgreSQL [\d.]+, the one that REVO_TEST_POSTGRES_URL names/,
    );
    expect(run.output).toMatch(/1 passed/);
  });

  it("get the same server in every process of a run", async () => {
    const here = await testServer("postgres");
    const script = fileURLToPath(new URL("fixture/print-the-url.ts", import.meta.url));

    const there = await execute(process.execPath, [script], process.env);

    expect(here).toMatchObject({ kind: "found", server: { url: there.output.trim() } });
  });
});

interface Run {
  readonly exitCode: number;
  readonly output: string;
}

/** Runs vitest once more, on the fixture alone and with no servers shared by this run. */
async function runFixture(environment: NodeJS.ProcessEnv): Promise<Run> {
  const { REVO_TEST_SERVERS: _, REVO_TEST_SERVER_SOURCES: __, ...inherited } = process.env;
  const vitest = fileURLToPath(new URL("../../../node_modules/vitest/vitest.mjs", import.meta.url));
  const config = fileURLToPath(new URL("fixture/vitest.config.ts", import.meta.url));
  return await execute(
    process.execPath,
    [vitest, "run", "--config", config, "--reporter=verbose"],
    {
      ...inherited,
      NO_COLOR: "1",
      ...environment,
    },
  );
}

async function execute(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Run> {
  return await new Promise((resolve) => {
    execFile(program, args, { env }, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : Number(error.code);
      resolve({ exitCode, output: stdout + stderr });
    });
  });
}
