import { describe, expect, it, vi } from "vitest";
import type { JobRecord } from "../../src/job/job-record.ts";
import { isFinal } from "../../src/job/job-state.ts";
import type { JobServerOptions } from "../../src/server/server-options.ts";
import { delay } from "../../src/support/delay.ts";
import { workTypes, World, type Script } from "./simulation.ts";

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
/** Jobs whose type nobody knew for a while have a longer delay before them. */
const CALM_OF_STRANGERS_MS = 330_000;

describe("job servers over a storage that fails", () => {
  it(`keep their promises in ${SEEDS} random histories of faults and outages`, {
    timeout: 60_000,
  }, async () => {
    await play(async (world) => {
      startSome(world, { maxPrefetch: 20 });
      const storm = storms(world, ["outage", "delete", "stop", "pause"]);
      world.faultRate = world.random.pick([0, 0.02, 0.1, 0.3]);
      await during(world, storm);
    });
  });

  it(`keep their promises in ${SEEDS} random histories of processes that die and freeze`, {
    timeout: 60_000,
  }, async () => {
    await play(async (world) => {
      startSome(world, { maxPrefetch: 20 });
      const storm = storms(world, ["kill", "kill", "freeze", "outage", "delete", "stop"]);
      world.faultRate = world.random.pick([0, 0, 0.05, 0.2]);
      await during(world, storm);
    });
  });
});

async function play(history: (world: World) => Promise<void>): Promise<void> {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    ids.next = 0;
    const world = new World({ seed });
    await world.open();
    await history(world);
    const quietMs = await calm(world);
    const records = await world.records();
    const problems = [...world.violations, ...judge(world, records, quietMs)];
    await end(world, problems);
    expect(problems, `REVO_SIMULATION_SEED=${seed} REVO_SIMULATION_SEEDS=1`).toEqual([]);
  }
}

function serverOptions(world: World, bounds: { readonly maxPrefetch: number }): JobServerOptions {
  return {
    concurrency: world.random.integer(1, 4),
    lease: 2_000,
    beat: 600,
    grace: 500,
    killGrace: 300,
    maxPrefetch: world.random.integer(0, bounds.maxPrefetch),
    signals: false,
  };
}

function startSome(world: World, bounds: { readonly maxPrefetch: number }): void {
  const count = world.random.integer(2, 4);
  for (let i = 0; i < count; i++) startOne(world, bounds);
}

function startOne(
  world: World,
  bounds: { readonly maxPrefetch: number } = { maxPrefetch: 20 },
): void {
  const { stranger, ...known } = workTypes;
  const isStorm = world.clock.monotonicMs() < STORM_MS;
  const isNewRelease = !isStorm || world.processes.length === 0 || world.random.chance(0.5);
  world.start(
    serverOptions(world, bounds),
    isNewRelease && stranger !== undefined ? { ...known, stranger } : known,
  );
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

/** What happens when: at most ten acts at random times. */
function storms(world: World, acts: readonly Act[]): readonly (readonly [number, () => void])[] {
  const { random } = world;
  const storm: [number, () => void][] = [];
  for (let i = random.integer(10, 40); i > 0; i--) {
    const script = someJob(world);
    storm.push([random.integer(0, STORM_MS), () => void world.enqueue(script)]);
  }
  for (let i = random.integer(2, 10); i > 0; i--) {
    const act = random.pick(acts);
    storm.push([random.integer(200, STORM_MS), () => perform(world, act)]);
  }
  return storm.toSorted(([left], [right]) => left - right);
}

async function during(world: World, storm: ReturnType<typeof storms>): Promise<void> {
  for (const [atMs, act] of storm) {
    await world.clock.advance(atMs - world.clock.monotonicMs());
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
      void delay(clock, random.integer(100, 4_000)).then(() => startOne(world));
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
  for (const { clock } of world.processes) clock.thaw();
  // The old release is gone now: whoever is left knows every type.
  for (const process of world.alive) {
    if (!process.types.includes("stranger")) void world.stop(process);
  }
  world.start(serverOptions(world, { maxPrefetch: 20 }), workTypes);
  const quietMs = await until(world, CALM_MS, () => world.isQuiet("stranger"));
  if (quietMs < CALM_MS) await until(world, CALM_OF_STRANGERS_MS, () => world.isQuiet());
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
