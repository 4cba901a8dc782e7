import { type JobRecord, type JobState, ManualClock, type SettleOutcome } from "@revojs/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MemoryJobStorage } from "../src/memory-job-storage.ts";
import { aClaim, aJob, aServer, DAY_MS, idOf, settlements } from "./builders.ts";

const error = { fingerprint: "f", text: "t" };
const act = { actor: "a", reason: "r" };
const outcomes: readonly SettleOutcome[] = [
  { kind: "succeed", retainMs: DAY_MS },
  { kind: "succeed", retainMs: 0 },
  { kind: "retry", delayMs: 0, error },
  { kind: "retry", delayMs: 3, error },
  { kind: "fail", retainMs: 4, reason: "attempts", error },
  { kind: "release", delayMs: 0, refundAttempt: true, reason: "shutdown" },
  { kind: "release", delayMs: 2, refundAttempt: false, reason: "snooze" },
  { kind: "delete", retainMs: 2, reason: "superseded" },
];
const states: readonly JobState[] = [
  "scheduled",
  "enqueued",
  "awaiting",
  "throttled",
  "processing",
  "succeeded",
  "failed",
  "deleted",
];

const step = fc.record({
  kind: fc.constantFrom(
    "enqueue",
    "enqueue",
    "enqueue",
    "claim",
    "claim",
    "settle",
    "settle",
    "delete",
    "requeue",
    "move",
    "reschedule",
    "die",
    "advance",
    "prune",
    "rollback",
  ),
  pick: fc.nat(997),
});

/** Drives a storage by numbers and remembers what was claimed. */
class Driver {
  readonly clock = new ManualClock();
  readonly storage: MemoryJobStorage = new MemoryJobStorage({ clock: this.clock, maxFinished: 6 });
  #made = 0;
  #server = 0;
  #held: { readonly id: string; readonly token: string }[] = [];
  #snapshot = this.storage.snapshot();

  get serverId(): string {
    return `server-${this.#server}`;
  }

  async begin(): Promise<void> {
    await this.storage.open();
    await aServer(this.storage, this.serverId);
    this.#snapshot = this.storage.snapshot();
  }

  async do(kind: string, pick: number): Promise<void> {
    const { storage } = this;
    const ids = [idOf((pick % Math.max(this.#made, 1)) + 1)];
    switch (kind) {
      case "enqueue":
        await storage.enqueue({ jobs: [this.#newJob(pick)] });
        break;
      case "claim":
        await this.#claim((pick % 4) + 1);
        break;
      case "settle": {
        const [held] = this.#held.splice(pick % Math.max(this.#held.length, 1), 1);
        const outcome = outcomes[pick % outcomes.length];
        if (held === undefined || outcome === undefined) break;
        const settle = [{ jobId: held.id, token: held.token, outcome }];
        await storage.exchange({ serverId: this.serverId, settle });
        break;
      }
      case "delete":
        await storage.control.delete({ ...act, ids, retainMs: pick % 3 });
        break;
      case "requeue":
        await storage.control.requeue({ ...act, ids, resetAttempts: pick % 2 === 0 });
        break;
      case "move":
        await storage.control.move({ ...act, ids, queue: `queue-${pick % 2}`, priority: pick % 3 });
        break;
      case "reschedule":
        await storage.control.reschedule({
          ...act,
          ids,
          start: { kind: "delay", delayMs: pick % 4 },
        });
        break;
      case "die":
        await this.#die(pick);
        break;
      case "advance":
        await this.clock.advance(pick % 3);
        break;
      case "prune":
        await storage.upkeep.prune(pick % 5);
        break;
      case "rollback":
        if (pick % 2 === 0) storage.rollbackTo(this.#snapshot);
        this.#snapshot = storage.snapshot();
        await aServer(storage, this.serverId);
        break;
    }
  }

  #newJob(pick: number): ReturnType<typeof aJob> {
    const scopes = ["untilStarted", "untilFinished", "retained", "window"] as const;
    const scope = scopes[pick % 4] ?? "retained";
    const onConflict = pick % 5 === 0 ? "replace" : "keep";
    return aJob({
      id: idOf(++this.#made),
      queue: `queue-${pick % 2}`,
      priority: pick % 3,
      start: { kind: "delay", delayMs: pick % 4 },
      ...(pick % 3 === 0 && { discardAfterMs: pick % 7 }),
      ...(pick % 2 === 0 && { unique: { key: `key-${pick % 3}`, scope, onConflict, windowMs: 3 } }),
    });
  }

  async #claim(limit: number): Promise<void> {
    const token = String(++this.#made);
    const queues = ["queue-0", "queue-1"].map((queue) => ({ queue, limit }));
    const request = aClaim(token, { limit, queues });
    const reply = await this.storage.exchange({
      serverId: this.serverId,
      settle: [],
      claim: request,
    });
    for (const { id } of reply.jobs) this.#held.push({ id, token });
  }

  async #die(pick: number): Promise<void> {
    const { serverId } = this;
    await this.storage.unregister(serverId);
    const limit = (pick % 3) + 1;
    const request = { serverId, beat: 0, limit, delayMs: pick % 2, retainMs: DAY_MS, error };
    await this.storage.upkeep.recover(request);
    this.#server++;
    await aServer(this.storage, this.serverId);
  }
}

async function allJobs(storage: MemoryJobStorage): Promise<readonly JobRecord[]> {
  const request = {
    filter: {},
    order: "oldest",
    limit: 1000,
    scanLimit: 1000,
    detail: "full",
  } as const;
  return (await storage.monitor.find(request)).jobs;
}

describe("the planes of the memory storage", () => {
  it("agree with the jobs after any history", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 120 }), async (steps) => {
        const driver = new Driver();
        await driver.begin();
        const { monitor } = driver.storage;

        for (const { kind, pick } of steps) await driver.do(kind, pick);

        const jobs = await allJobs(driver.storage);
        for (const state of states) {
          const inState = jobs.filter((job) => job.state === state).map((job) => job.id);
          const { count } = await monitor.count({ states: [state] }, { atMost: 1000 });
          expect(count).toBe(inState.length);
          const request = { filter: { states: [state] }, order: "natural", limit: 1000 } as const;
          const page = await monitor.find({ ...request, scanLimit: 1000, detail: "ids" });
          expect(page.jobs.map((job) => job.id).toSorted()).toEqual(inState);
        }
        for (const { queue, counts } of await monitor.queues()) {
          const own = jobs.filter((job) => job.queue === queue);
          for (const [state, count] of Object.entries(counts)) {
            expect(count).toBe(own.filter((job) => job.state === state).length);
          }
        }
        for (const server of await monitor.servers()) {
          const own = jobs.filter(
            (job) => job.state === "processing" && job.serverId === server.serverId,
          );
          expect(server.processing).toBe(own.length);
        }
        for (const job of jobs) expect(job.attempt).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 150 },
    );
  });

  it("lose no job: whatever waits is claimed once, in the order in which the monitor shows it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 120 }), async (steps) => {
        const driver = new Driver();
        await driver.begin();
        const { storage } = driver;
        for (const { kind, pick } of steps) await driver.do(kind, pick);
        await driver.clock.advance(10);
        await storage.upkeep.promote(1000);
        await storage.upkeep.prune(1000);
        const filter = { states: ["enqueued"] } as const;
        const request = { filter, order: "natural", limit: 1000, scanLimit: 1000 } as const;
        const shown = (await storage.monitor.find({ ...request, detail: "ids" })).jobs;

        const queues = ["queue-0", "queue-1"].map((queue) => ({ queue, limit: 1000 }));
        const claim = aClaim("999999", { queues });
        const { jobs } = await storage.exchange({ serverId: driver.serverId, settle: [], claim });

        expect(jobs.map((job) => job.id)).toEqual(shown.map((job) => job.id));
        const settle = settlements(jobs, "999999");
        const { settled } = await storage.exchange({ serverId: driver.serverId, settle });
        expect(settled).toEqual(jobs.map(() => "settled"));
        expect((await storage.monitor.count(filter, { atMost: 1000 })).count).toBe(0);
      }),
      { numRuns: 150 },
    );
  });

  it("show the same rows page by page as at once, in every order", async () => {
    const orders = fc.constantFrom("natural" as const, "newest" as const, "oldest" as const);
    const wanted = fc.option(fc.subarray([...states], { minLength: 1 }), { nil: undefined });
    const steps = fc.array(step, { minLength: 20, maxLength: 80 });
    await fc.assert(
      fc.asyncProperty(steps, orders, wanted, async (history, order, some) => {
        const driver = new Driver();
        await driver.begin();
        for (const { kind, pick } of history) await driver.do(kind, pick);
        const { monitor } = driver.storage;
        const filter = some === undefined ? {} : { states: some };
        const request = { filter, order, detail: "ids" } as const;
        const whole = await monitor.find({ ...request, limit: 1000, scanLimit: 1000 });

        const paged: string[] = [];
        let after: string | null | undefined;
        while (after !== null) {
          const cursor = after === undefined ? {} : { after };
          const page = await monitor.find({ ...request, ...cursor, limit: 2, scanLimit: 3 });
          expect(page.scanned).toBeLessThanOrEqual(3);
          paged.push(...page.jobs.map((job) => job.id));
          after = page.next;
        }

        expect(paged).toEqual(whole.jobs.map((job) => job.id));
      }),
      { numRuns: 150 },
    );
  });
});
