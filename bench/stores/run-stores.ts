import { join } from "node:path";
import { loadavg } from "node:os";
import { measureArithmeticLoop } from "../arithmetic-loop.ts";
import { describeMachine } from "../machine.ts";
import { LIMIT } from "./limits/store-limit.ts";
import { measureLimit } from "./limits/measure-limit.ts";
import { profileSummary } from "./report/profile-summary.ts";
import { resultsFolder, writeRecord } from "./report/record-files.ts";
import { reportOf } from "./report/report.ts";
import type { RunResult, StoreRunRecord } from "./report/run-results.ts";
import { delaysOf, planRun, type RunPlan, type StoreRun, systemsOf } from "./run-plan.ts";
import { type StoreScenario, Trial } from "./scenarios/store-scenario.ts";
import { findStoreServer } from "./servers/find-store-server.ts";
import type { StoreServer } from "./servers/store-server.ts";
import type { BenchSystem } from "./systems/bench-system.ts";
import { packageVersion } from "./versions.ts";

/** One run of one scenario takes longer only when something hangs, in milliseconds. */
const PATIENCE_MS = 300_000;

/** Runs our storages beside the peers, each system in processes of its own, rounds interleaved; prints and stores what came out. */
export async function runStores(run: StoreRun): Promise<void> {
  const plan = await planRun(run);
  const record: StoreRunRecord = {
    startedAt: new Date().toISOString(),
    machine: describeMachine(),
    run,
    sizes: plan.sizes,
    arithmeticMs: [],
    loadAverages: [],
    servers: [],
    missing: [],
    versions: Object.fromEntries(
      plan.systems.map(({ packageName }) => [packageName, packageVersion(packageName)]),
    ),
    results: [],
  };
  for (const store of plan.stores) {
    record.arithmeticMs.push(measureArithmeticLoop());
    const found = await findStoreServer(store);
    if (found.kind === "missing") {
      record.missing.push(found.reason);
      process.stderr.write(`${found.reason}\n`);
      continue;
    }
    await using server = found.server;
    const { description, settings } = server;
    record.servers.push({ description, settings });
    process.stderr.write(`${description}\n`);
    await runOnServer(server, { run, plan, record });
  }
  console.log(`\n${await reportOf([record])}`);
  console.log(
    `Raw figures: bench/results/${run.name}.json; \`npm run bench -- report\` prints this again`,
  );
}

interface Task {
  readonly run: StoreRun;
  readonly plan: RunPlan;
  readonly record: StoreRunRecord;
}

async function runOnServer(server: StoreServer, { run, plan, record }: Task): Promise<void> {
  for (const scenario of plan.scenarios) {
    const systems = systemsOf(scenario, { store: server.store, systems: plan.systems, run });
    if (systems.length === 0) continue;
    for (const rttMs of delaysOf(scenario, run)) {
      record.loadAverages.push(loadavg()[0] ?? Number.NaN);
      const rounds = scenario.isOnce === true ? 1 : run.rounds;
      for (let round = 1; round <= rounds; round++) {
        const at = { scenario, server, rttMs, round, sizes: plan.sizes, profile: run.profile };
        const add = (result: RunResult): void => note(record, result);
        // The limit of a round belongs to the systems of that round.
        if (scenario.limit !== undefined) add(await runLimit(at));
        for (const system of turned(systems, round)) add(await runSystem(at, system));
      }
    }
  }
}

/** Each round begins with another one, so that nobody always comes after the same. */
function turned<Item>(items: readonly Item[], by: number): readonly Item[] {
  const start = items.length === 0 ? 0 : (by - 1) % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

interface Place {
  readonly scenario: StoreScenario;
  readonly server: StoreServer;
  readonly sizes: RunPlan["sizes"];
  readonly rttMs: number;
  readonly round: number;
  readonly profile: boolean;
}

async function runSystem(place: Place, system: BenchSystem): Promise<RunResult> {
  const { scenario, server, rttMs, round, sizes } = place;
  const at = { scenario: scenario.name, store: server.store, system: system.name, rttMs, round };
  const profiles = place.profile
    ? join(resultsFolder, "profiles", scenario.name, system.name)
    : null;
  const trial = new Trial({ system, server, sizes, rttMs, profiles });
  const impatience = setTimeout(
    () => trial.abort(),
    PATIENCE_MS + (scenario.lastsMs?.(sizes) ?? 0),
  );
  try {
    const measurement = await scenario.run(trial);
    if (profiles !== null) process.stderr.write(`${profileSummary(profiles)}\n`);
    return { ...at, ...measurement };
  } catch (error) {
    trial.abort();
    return { ...at, figures: {}, problem: `failed: ${firstLine(error)}` };
  } finally {
    clearTimeout(impatience);
  }
}

async function runLimit({ scenario, server, rttMs, round, sizes }: Place): Promise<RunResult> {
  const { store } = server;
  const at = { scenario: scenario.name, store, system: LIMIT, rttMs, round };
  try {
    await server.reset();
    const limit = scenario.limit;
    if (limit === undefined) throw new Error("It has no limit");
    const url = await server.url(rttMs);
    return { ...at, figures: await measureLimit({ store, limit, url, sizes }) };
  } catch (error) {
    return { ...at, figures: {}, problem: `failed: ${firstLine(error)}` };
  }
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n")[0]?.slice(0, 200) ?? "";
}

/** Written after every run, so that one that is broken off is not lost. */
function note(record: StoreRunRecord, result: RunResult): void {
  record.results.push(result);
  const { scenario, round, system, figures, problem } = result;
  const [name = "", value = Number.NaN] = Object.entries(figures)[0] ?? [];
  const text = `${scenario} ${round}: ${system} ${name} ${value.toFixed(2)} ${problem ?? ""}`;
  process.stderr.write(`${text.trimEnd()}\n`);
  writeRecord(record);
}
