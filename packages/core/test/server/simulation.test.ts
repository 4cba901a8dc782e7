import { describe, expect, it, vi } from "vitest";
import type { JobRecord } from "../../src/job/job-record.ts";
import { isFinal } from "../../src/job/job-state.ts";
import type { JobServerOptions } from "../../src/server/server-options.ts";
import { delay } from "../../src/support/delay.ts";
import {
  workTypes,
  World,
  type Script,
  type SimulatedJob,
  type WorldOptions,
} from "./simulation.ts";

// Ids come from the machine's chance and clock; here they are counted, so that a seed plays the same history again.
const ids = vi.hoisted(() => ({ next: 0 }));
vi.mock("../../src/job/job-id.ts", async (importOriginal) => ({
  ...(await importOriginal<object>()),
  newJobId: () => `00000000-0000-7000-8000-${String(++ids.next).padStart(12, "0")}`,
}));

const SEEDS = Number(process.env["REVO_SIMULATION_SEEDS"] ?? 100);
const FIRST_SEED = Number(process.env["REVO_SIMULATION_SEED"] ?? 1);
/** Faults and enqueues happen in this time. */
const STORM_MS = 10_000;
/** After the last fault everything must be done within this time, recoveries and their delays included. */
const CALM_MS = 60_000;
/** Here the faults come from the jobs themselves, and each costs a recovery and its delay. */
const CALM_OF_PILLS_MS = 180_000;
/** Jobs whose type nobody knew for a while have a longer delay before them. */
const CALM_OF_STRANGERS_MS = 330_000;

const patience = { timeout: 60_000 };

describe(`in ${SEEDS} random histories job servers keep their promises`, () => {
  it("over a storage that fails and is away", patience, async () => {
    await play({}, async (world) => {
      world.faultRate = world.random.pick([0, 0.02, 0.1, 0.3]);
      await storm(world, ["outage", "delete", "stop", "pause"]);
    });
  });

  it("over a storage that wakes nobody", patience, async () => {
    await play({ push: false }, async (world) => {
      world.faultRate = world.random.pick([0, 0.1]);
      await storm(world, ["outage", "delete", "stop", "pause", "kill"]);
    });
  });

  it("in small batches, in processes that die and freeze", patience, async () => {
    await play({ maxBatch: 2 }, async (world) => {
      world.faultRate = world.random.pick([0, 0, 0.05, 0.2]);
      await storm(world, ["kill", "kill", "freeze", "outage", "delete", "stop"]);
    });
  });

  it("beside jobs that kill their process", patience, async () => {
    await play(
      { types: { ...workTypes, work: { ...workTypes["work"], maxCrashes: 3 } } },
      async (world) => {
        world.faultRate = world.random.pick([0, 0.05]);
        world.onDeath = () => restart(world);
        for (let pills = world.random.integer(1, 2); pills > 0; pills--) {
          const ms = world.random.integer(1, 200);
          const pill = { type: "pill", ms, throws: 0, stubborn: true, kills: true, delayMs: 500 };
          void world.enqueue(pill);
        }
        await storm(world, []);
      },
    );
  });
});

async function play(
  options: Omit<WorldOptions, "seed">,
  history: (world: World) => Promise<void>,
): Promise<void> {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    ids.next = 0;
    const world = new World({ ...options, seed });
    await world.open();
    for (let count = world.random.integer(2, 4); count > 0; count--) startOne(world);
    await history(world);
    const quietMs = await calm(world);
    const records = await world.records();
    const problems = [...world.violations, ...judge(world, records, quietMs)];
    await end(world, problems);
    expect(problems, `REVO_SIMULATION_SEED=${seed} REVO_SIMULATION_SEEDS=1`).toEqual([]);
  }
}

function serverOptions(world: World): JobServerOptions {
  return {
    concurrency: world.random.integer(1, 4),
    lease: 2_000,
    beat: 600,
    grace: 500,
    killGrace: 300,
    maxPrefetch: world.random.integer(0, 20),
    signals: false,
  };
}

function startOne(world: World): void {
  const { stranger, ...known } = world.types;
  const isNewRelease = world.isCalm || world.processes.length === 0 || world.random.chance(0.5);
  world.start(
    serverOptions(world),
    isNewRelease && stranger !== undefined ? { ...known, stranger } : known,
  );
}

/** As an orchestrator does. */
function restart(world: World): void {
  void delay(world.clock, world.random.integer(100, 4_000)).then(() => startOne(world));
}

function someJob(world: World): Script & { readonly type: string; readonly delayMs: number } {
  const { random } = world;
  return {
    type: random.pick(["work", "work", "work", "exclusive", "limited", "fragile", "stranger"]),
    ms: random.pick([0, 0, 5, 50, 300, 1_500]),
    throws: random.pick([0, 0, 0, 1, 3, 99]),
    stubborn: random.chance(0.1),
    kills: false,
    delayMs: random.pick([0, 0, 0, 500, 3_000]),
  };
}

type Act = "kill" | "freeze" | "outage" | "delete" | "stop" | "pause";

/** Jobs come and a few acts happen at random times. */
async function storm(world: World, acts: readonly Act[]): Promise<void> {
  const { random, clock } = world;
  const plan: [number, () => void][] = [];
  for (let i = random.integer(10, 40); i > 0; i--) {
    const script = someJob(world);
    plan.push([random.integer(0, STORM_MS), () => void world.enqueue(script)]);
  }
  for (let i = acts.length === 0 ? 0 : random.integer(2, 10); i > 0; i--) {
    const act = random.pick(acts);
    plan.push([random.integer(200, STORM_MS), () => perform(world, act)]);
  }
  for (const [atMs, act] of plan.toSorted(([left], [right]) => left - right)) {
    await clock.advance(atMs - clock.monotonicMs());
    act();
  }
}

function perform(world: World, act: Act): void {
  const { random, clock } = world;
  if (world.alive.length === 0) return startOne(world);
  const process = random.pick(world.alive);
  switch (act) {
    case "kill":
      process.kill();
      restart(world);
      return;
    case "freeze":
      process.clock.freeze();
      void delay(clock, random.integer(200, 7_000)).then(() => process.clock.thaw());
      return;
    case "outage":
      world.isAway = true;
      void delay(clock, random.integer(200, 7_000)).then(() => {
        world.isAway = false;
      });
      return;
    case "delete": {
      const job = random.pick([...world.jobs.values(), undefined]);
      if (job === undefined) return;
      void world.shared.control
        .delete({ ids: [job.id], actor: "simulation", reason: "chance", retainMs: 3_600_000 })
        .then(() => {});
      return;
    }
    case "stop":
      void world.stop(process);
      startOne(world);
      return;
    case "pause":
      void world.memory.control.pauseQueue({
        queue: "default",
        actor: "simulation",
        reason: "chance",
        forMs: random.integer(100, 3_000),
      });
  }
}

/** No more faults; what was frozen goes on. @returns How long it took until every job was done. */
async function calm(world: World): Promise<number> {
  await world.clock.advance(Math.max(0, STORM_MS - world.clock.monotonicMs()));
  world.faultRate = 0;
  world.isAway = false;
  world.isCalm = true;
  for (const { clock } of world.processes) clock.thaw();
  for (const process of world.alive) {
    if (!process.types.includes("stranger")) void world.stop(process);
  }
  world.start(serverOptions(world), world.types);
  const hasPills = [...world.jobs.values()].some(({ kills }) => kills);
  const limitMs = hasPills ? CALM_OF_PILLS_MS : CALM_MS;
  const quietMs = await until(world, limitMs, () => world.isQuiet("stranger"));
  if (quietMs < limitMs) await until(world, CALM_OF_STRANGERS_MS, () => world.isQuiet());
  return quietMs;
}

async function until(
  { clock }: World,
  limitMs: number,
  isSo: () => Promise<boolean>,
): Promise<number> {
  const startedMs = clock.monotonicMs();
  while (clock.monotonicMs() - startedMs < limitMs && !(await isSo())) await clock.advance(250);
  return clock.monotonicMs() - startedMs;
}

function judge(world: World, records: readonly JobRecord[], quietMs: number): readonly string[] {
  const byId = new Map(records.map((record) => [record.id, record]));
  return [...world.jobs.values()].flatMap((job) => {
    const record = byId.get(job.id);
    const name = `job ${job.id} (${job.type}, ${job.told})`;
    if (record === undefined) return job.told === "stored" ? [`I1: ${name} is lost`] : [];
    if (job.told === "refused") return [`I1: ${name} is stored although it was refused`];
    const { grants, refunds, ends, failures, successes } = world.truth.of(job.id);
    const problems: string[] = [];
    if (job.kills) return judgePill(name, job, record);
    if (!isFinal(record.state)) {
      problems.push(`I9: ${name} is still ${record.state} after ${quietMs} ms of calm`);
    } else if (record.attempt !== grants - refunds || record.attempt !== ends) {
      problems.push(
        `I5: ${name}: attempt ${record.attempt}, ${grants} leases, ${refunds} refunds, ${ends} ends`,
      );
    }
    if (record.state === "succeeded" && successes !== 1) {
      problems.push(`I4: ${name} succeeded ${successes} times`);
    }
    if (record.state === "failed") problems.push(...judgeFailure(name, record, failures));
    return problems;
  });
}

/** A job that kills fails for it, at its fourth crash, and no attempt of it ever ended. */
function judgePill(name: string, { runs }: SimulatedJob, record: JobRecord): readonly string[] {
  const { state, reason = "", crashes, attempt } = record;
  if (`${state} ${reason} ${crashes} ${attempt}` === "failed crash-loop 4 0" && runs <= 4)
    return [];
  return [
    `${name} is ${state} ${reason} after ${crashes} crashes, ${attempt} attempts, ${runs} runs`,
  ];
}

function judgeFailure(name: string, record: JobRecord, failures: number): readonly string[] {
  if (record.reason === "crash-loop") {
    return record.maxCrashes === 0 ? [] : [`${name} failed as a crash-loop`];
  }
  if (record.reason !== "attempts" && record.reason !== "timeout") {
    return [`${name} failed for ${record.reason}`];
  }
  return failures === record.maxAttempts ? [] : [`I5: ${name} failed after ${failures} failures`];
}

/** Everybody stops; afterwards nothing waits in any process. */
async function end(world: World, problems: string[]): Promise<void> {
  // Whoever is still to be started again.
  await world.clock.advance(5_000);
  const stops = Promise.all(world.alive.map((process) => world.stop(process)));
  await world.clock.advance(30_000);
  await Promise.race([
    stops,
    world.clock.advance(0).then(() => {
      throw new Error("a server does not stop");
    }),
  ]).catch((error: unknown) => problems.push(String(error)));
  for (const { name, clock, live } of world.processes) {
    if (live.size === 0 && clock.pendingTimers > 0) {
      problems.push(`I14: ${name} left ${clock.pendingTimers} timers behind`);
    }
  }
  problems.push(...world.violations.filter((violation) => !problems.includes(violation)));
}
