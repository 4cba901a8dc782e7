import { describe, expect, it } from "vitest";
import { NonRetryableError, type RevoError } from "../../src/errors.ts";
import { RetryAfterError } from "../../src/job/retry-after-error.ts";
import { job } from "../../src/handlers/define-job.ts";
import type { JobContext } from "../../src/handlers/job-context.ts";
import { readError } from "../../src/job/job-error.ts";
import type { JobTypeOptions } from "../../src/job/job-options.ts";
import { delay } from "../../src/support/delay.ts";
import { aSignal, Cluster, facetsOf, toldBy, type Member } from "./cluster.ts";

const refuse = (): never => {
  throw new Error("trap");
};

function hostileProxy(): object {
  return new Proxy({}, { get: refuse, has: refuse, ownKeys: refuse, getPrototypeOf: refuse });
}

type Handle = (payload: { readonly n?: number }, context: JobContext) => unknown;

/** A server that runs jobs of one type. */
async function serve(
  cluster: Cluster,
  handle: Handle,
  options: JobTypeOptions = {},
): Promise<Member & { enqueue(): Promise<string> }> {
  const work = job("work", handle, options);
  const member = await cluster.start({ jobs: (jobs) => jobs.add(work) });
  return {
    ...member,
    enqueue: async () => {
      const { id } = await member.revo.scheduler.enqueueJob(work, {});
      await cluster.settle();
      return id;
    },
  };
}

describe("an attempt that returns", () => {
  it("succeeds, at once and with its result", async () => {
    await using cluster = await Cluster.open();
    const server = await serve(cluster, async () => ({ paid: true }));

    const id = await server.enqueue();

    const record = await cluster.record(id);
    expect(record).toMatchObject({ state: "succeeded", attempt: 1, crashes: 0, releases: 0 });
    expect(record.texts?.result).toContain("paid");
    expect(record.history).toEqual([]);
    expect(server.told.map(([name]) => name)).toEqual([
      "job.enqueued",
      "job.started",
      "job.succeeded",
    ]);
  });

  it.each([
    ["a function", () => {}],
    ["something circular", circular()],
    ["more than may be stored", "x".repeat(1024 * 1024 + 1)],
    ["a symbol", Symbol("x")],
  ])("fails without another attempt when it returns %s", async (_name, result) => {
    await using cluster = await Cluster.open();
    const server = await serve(cluster, () => result);

    const id = await server.enqueue();

    expect(await cluster.record(id)).toMatchObject({
      state: "failed",
      reason: "result",
      attempt: 1,
    });
  });
});

describe("an attempt that throws", () => {
  it("is tried again after exactly the delays of its policy, until it succeeds", async () => {
    await using cluster = await Cluster.open();
    const startedMs: number[] = [];
    const server = await serve(
      cluster,
      () => {
        startedMs.push(cluster.clock.monotonicMs());
        if (startedMs.length < 4) throw new Error(`no. ${startedMs.length}`);
      },
      { retry: { kind: "exponential", first: "10 s", factor: 3, jitter: "none" } },
    );

    const id = await server.enqueue();
    await cluster.advance(200_000);

    const gapsMs = startedMs.slice(1).map((ms, i) => ms - (startedMs[i] ?? 0));
    expect(gapsMs.map((gapMs) => Math.floor(gapMs / 100) * 100)).toEqual([10_000, 30_000, 90_000]);
    expect(await cluster.record(id)).toMatchObject({ state: "succeeded", attempt: 4 });
    expect(toldBy(server, "job.retried").map(({ delayMs, attempt }) => [attempt, delayMs])).toEqual(
      [
        [1, 10_000],
        [2, 30_000],
        [3, 90_000],
      ],
    );
  });

  it("waits 2 s × 2ⁿ with full jitter, ten attempts in all, unless told otherwise", async () => {
    await using cluster = await Cluster.open();
    const server = await serve(cluster, () => {
      throw new Error("always");
    });

    const id = await server.enqueue();
    await cluster.until(async () => (await cluster.record(id)).state === "failed", 3_600_000);

    expect(toldBy(server, "job.retried").map(({ delayMs }) => delayMs)).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000,
    ]);
    const record = await cluster.record(id);
    expect(record).toMatchObject({ state: "failed", reason: "attempts", attempt: 10 });
    expect(record.history).toHaveLength(10);
    expect(readError(record.history?.at(-1)?.error?.text ?? "")).toMatchObject({
      name: "Error",
      message: "always",
    });
  });

  it("is tried again when a RetryAfterError says so, and the attempt counts", async () => {
    await using cluster = await Cluster.open();
    const startedMs: number[] = [];
    const server = await serve(cluster, (_payload, { attempt }) => {
      startedMs.push(cluster.clock.monotonicMs());
      if (attempt === 1) throw new RetryAfterError(7_000);
    });

    const id = await server.enqueue();
    await cluster.advance(10_000);

    expect((startedMs[1] ?? 0) - (startedMs[0] ?? 0)).toBeGreaterThanOrEqual(7_000);
    expect((startedMs[1] ?? 0) - (startedMs[0] ?? 0)).toBeLessThan(7_100);
    expect(await cluster.record(id)).toMatchObject({ state: "succeeded", attempt: 2 });
  });

  it("fails at once for a NonRetryableError", async () => {
    await using cluster = await Cluster.open();
    const server = await serve(cluster, () => {
      throw new NonRetryableError("card was stolen");
    });

    const id = await server.enqueue();

    expect(await cluster.record(id)).toMatchObject({
      state: "failed",
      reason: "non-retryable",
      attempt: 1,
    });
    expect(toldBy(server, "job.failed")).toMatchObject([{ reason: "non-retryable" }]);
  });

  it("fails after as many attempts as it may have", async () => {
    await using cluster = await Cluster.open();
    let runs = 0;
    const server = await serve(
      cluster,
      () => {
        runs += 1;
        throw new Error("always");
      },
      { maxAttempts: 3, retry: { kind: "fixed", delay: "1 s" } },
    );

    const id = await server.enqueue();
    await cluster.advance(10_000);

    expect(await cluster.record(id)).toMatchObject({ state: "failed", reason: "attempts" });
    expect(runs).toBe(3);
  });

  it("uses the default back-off when the retry function throws, and says so", async () => {
    await using cluster = await Cluster.open();
    const server = await serve(
      cluster,
      (_payload, { attempt }) => {
        if (attempt === 1) throw new Error("first");
      },
      {
        retry: () => {
          throw new Error("retry function broken");
        },
      },
    );

    const id = await server.enqueue();
    await cluster.advance(2_000);

    expect((await cluster.record(id)).state).toBe("succeeded");
    expect(toldBy(server, "job.backoff-invalid")).toMatchObject([
      { cause: { message: "retry function broken" } },
    ]);
  });

  it.each([
    ["undefined", undefined],
    ["null", null],
    ["a text", "x"],
    ["a frozen error", Object.freeze(new Error("frozen"))],
    ["five megabytes", new Error("x".repeat(5_000_000))],
    ["an error that throws", throwingError()],
    ["a circle of causes", circularCause()],
    ["a Proxy", hostileProxy()],
    ["a promise", Promise.resolve()],
  ])(
    "row 37: fails with a safe record when it throws %s, and the server goes on",
    async (_name, thrown) => {
      await using cluster = await Cluster.open();
      const good = job("good", () => {});
      const bad = job("bad", () => Promise.reject(thrown), { maxAttempts: 1 });
      const { revo } = await cluster.start({ jobs: (jobs) => jobs.add(bad).add(good) });

      const { id } = await revo.scheduler.enqueueJob(bad, {});
      const { id: goodId } = await revo.scheduler.enqueueJob(good, {});
      await cluster.settle();

      const record = await cluster.record(id);
      expect(record).toMatchObject({ state: "failed", reason: "attempts" });
      expect(Buffer.byteLength(record.history?.[0]?.error?.text ?? "")).toBeLessThanOrEqual(8_192);
      expect((await cluster.record(goodId)).state).toBe("succeeded");
    },
  );

  it("fails in the same way whether it throws at once or later", async () => {
    await using cluster = await Cluster.open();
    const types = [
      job("at-once", () => {
        throw new Error("x");
      }),
      job("later", async () => {
        await Promise.resolve();
        throw new Error("x");
      }),
      job("by-a-thenable", () => ({
        // oxlint-disable-next-line unicorn/no-thenable -- a handler may return one of another library
        then: (_resolve: () => void, reject: (error: Error) => void) => reject(new Error("x")),
      })),
    ] as const;
    const { revo } = await cluster.start({
      jobs: (jobs) => types.forEach((type) => jobs.add(type)),
    });

    for (const type of types) await revo.scheduler.enqueueJob(type, {}, { maxAttempts: 1 });
    await cluster.settle();

    expect(await cluster.states()).toEqual([
      "failed attempts",
      "failed attempts",
      "failed attempts",
    ]);
  });
});

describe("an attempt with a timeout", () => {
  it("has its signal fired at the limit, and counts as timed out when it ends for it", async () => {
    await using cluster = await Cluster.open();
    const seen: unknown[] = [];
    const server = await serve(
      cluster,
      async (_payload, { signal }) => {
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        seen.push(cluster.clock.monotonicMs(), (signal.reason as RevoError).code);
        signal.throwIfAborted();
      },
      { timeout: "1 s", maxAttempts: 1 },
    );

    const id = await server.enqueue();
    await cluster.advance(1_100);

    expect(seen).toEqual([1_000, "REVO_TIMEOUT"]);
    expect(await cluster.record(id)).toMatchObject({ state: "failed", reason: "timeout" });
    expect(toldBy(server, "job.stuck")).toEqual([]);
  });

  // Row P7.
  it("is given up after the kill grace, its slot goes to the next job, its late result is dropped", async () => {
    await using cluster = await Cluster.open();
    const late = aSignal();
    const hung = job("hung", () => late.promise.then(() => "too late"), {
      timeout: "1 s",
      maxAttempts: 1,
    });
    const next = job("next", () => {});
    const member = await cluster.start({
      jobs: (jobs) => jobs.add(hung).add(next),
      server: { concurrency: 1, killGrace: "1 s" },
    });
    const { id } = await member.revo.scheduler.enqueueJob(hung, {});
    const { id: nextId } = await member.revo.scheduler.enqueueJob(next, {});

    await cluster.advance(2_100);
    const settled = await cluster.record(id);
    const nextState = (await cluster.record(nextId)).state;
    late.fire();
    await cluster.advance(1_000);

    expect(settled).toMatchObject({ state: "failed", reason: "timeout", attempt: 1 });
    expect(nextState).toBe("succeeded");
    expect(await cluster.record(id)).toEqual(settled);
    expect(toldBy(member, "job.stuck")).toMatchObject([{ jobId: id, reason: "REVO_TIMEOUT" }]);
    expect(toldBy(member, "job.succeeded").map(({ jobId }) => jobId)).toEqual([nextId]);
  });

  it("is tried again after a timeout like after any failure", async () => {
    await using cluster = await Cluster.open();
    const server = await serve(
      cluster,
      async (_payload, { attempt, signal }) => {
        if (attempt > 1) return;
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        throw new Error("aborted");
      },
      { timeout: "1 s", retry: { kind: "fixed", delay: "1 s" } },
    );

    const id = await server.enqueue();
    await cluster.advance(3_000);

    expect(await cluster.record(id)).toMatchObject({ state: "succeeded", attempt: 2 });
  });

  it("succeeds when it returns within the kill grace: the work is done", async () => {
    await using cluster = await Cluster.open();
    const server = await serve(
      cluster,
      (_payload, { signal }) =>
        new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve())),
      { timeout: "1 s" },
    );

    const id = await server.enqueue();
    await cluster.advance(1_100);

    expect((await cluster.record(id)).state).toBe("succeeded");
  });

  it("takes the job's own timeout over its type's", async () => {
    await using cluster = await Cluster.open();
    const hung = job("hung", () => new Promise(() => {}), { timeout: "1 h", maxAttempts: 1 });
    const { revo } = await cluster.start({
      jobs: (jobs) => jobs.add(hung),
      server: { killGrace: 0 },
    });

    const { id } = await revo.scheduler.enqueueJob(hung, {}, { timeout: "2 s" });
    await cluster.advance(2_100);

    expect(await cluster.record(id)).toMatchObject({ state: "failed", reason: "timeout" });
  });
});

describe("what an attempt reports", () => {
  it("is kept as the last progress and all lines, sent before the attempt is settled", async () => {
    await using cluster = await Cluster.open();
    const server = await serve(cluster, (_payload, context) => {
      for (let i = 1; i <= 10_000; i++) context.progress(i / 20_000);
      context.log.info("begun", { step: 1 });
      context.log.warn("a\r\nforged\u001b[31m line");
    });

    const id = await server.enqueue();

    const record = await cluster.record(id);
    const { lines } = await cluster.memory.reports.logs(id, { limit: 10 });
    expect(record).toMatchObject({ state: "succeeded", progress: 0.5 });
    expect(lines.map(({ level, text, attempt }) => [level, attempt, text])).toEqual([
      ["info", 1, 'begun {"step":1}'],
      ["warn", 1, "a\\u000d\\u000aforged\\u001b[31m line"],
    ]);
  });

  it("is stored before the attempt is settled, however slow the storage", async () => {
    await using cluster = await Cluster.open();
    const work = job("work", (_payload: object, context) => context.progress(0.75));
    const { revo } = await cluster.start({
      jobs: (jobs) => jobs.add(work),
      wrap: (memory) => ({
        ...facetsOf(memory),
        reports: {
          logs: async () => ({ lines: [], next: null }),
          report: async (items) => {
            await delay(cluster.clock, 500);
            return (await memory.reports?.report(items)) ?? [];
          },
        },
      }),
    });
    const { id } = await revo.scheduler.enqueueJob(work, {});

    await cluster.until(async () => (await cluster.record(id)).state === "succeeded");

    expect((await cluster.record(id)).progress).toBe(0.75);
  });

  it("is written at most twice a second, however often it reports", async () => {
    await using cluster = await Cluster.open();
    let writes = 0;
    const work = job("work", async (_payload: object, context) => {
      for (let i = 0; i < 1_000; i++) {
        context.progress(i / 1_000);
        context.log.info(`step ${i}`);
        await new Promise<void>((resolve) => void cluster.clock.schedule(10, resolve));
      }
    });
    const { revo } = await cluster.start({
      jobs: (jobs) => jobs.add(work),
      wrap: (memory) => counting(memory, () => (writes += 1)),
    });
    const { id } = await revo.scheduler.enqueueJob(work, {});

    await cluster.until(async () => (await cluster.record(id)).state === "succeeded");

    expect(writes).toBeGreaterThan(15);
    expect(writes).toBeLessThanOrEqual(21);
    const { lines } = await cluster.memory.reports.logs(id, { limit: 1_000 });
    expect(lines).toHaveLength(1_000);
  });

  it.each([Number.NaN, 101, -0.1, "0.5", undefined, circular()])(
    "row 39: is refused when its progress is %o",
    async (fraction) => {
      await using cluster = await Cluster.open();
      const errors: unknown[] = [];
      const server = await serve(cluster, (_payload, context) => {
        try {
          context.progress(fraction as number);
        } catch (error) {
          errors.push(error);
        }
      });

      await server.enqueue();

      expect(errors).toMatchObject([{ code: "REVO_ARGUMENT_INVALID", path: "fraction" }]);
    },
  );

  it("never holds back the attempt when it cannot be stored", async () => {
    await using cluster = await Cluster.open();
    const server = await serve(cluster, (_payload, context) => context.progress(0.5));
    server.storage.broken.set("reports.report", () => new Error("reports broken"));

    const id = await server.enqueue();

    expect((await cluster.record(id)).state).toBe("succeeded");
    expect(toldBy(server, "loop.failed")).toMatchObject([{ loop: "reports" }]);
  });
});

describe("what an attempt is told", () => {
  it("may be taken out of its context", async () => {
    await using cluster = await Cluster.open();
    const server = await serve(cluster, (_payload, { progress, log }) => {
      progress(0.25);
      log.info("taken out");
    });

    const id = await server.enqueue();

    expect(await cluster.record(id)).toMatchObject({ state: "succeeded", progress: 0.25 });
  });

  it("is who it is, and how often it ran", async () => {
    await using cluster = await Cluster.open();
    const seen: unknown[] = [];
    const work = job("work", (payload: { n: number }, context) => {
      const { kind, id, type, attempt, maxAttempts, queue, priority, headers, message } = context;
      seen.push({
        kind,
        id,
        type,
        attempt,
        maxAttempts,
        queue,
        priority,
        headers,
        message,
        payload,
      });
    });
    const { revo } = await cluster.start({
      jobs: (jobs) => jobs.add(work),
      server: { queues: ["mail"] },
    });

    const { id } = await revo.scheduler.enqueueJob(
      work,
      { n: 1 },
      { queue: "mail", priority: 2, maxAttempts: 4, headers: { "x-a": "b" } },
    );
    await cluster.settle();

    expect(seen).toEqual([
      {
        kind: "job",
        id,
        type: "work",
        attempt: 1,
        maxAttempts: 4,
        queue: "mail",
        priority: 2,
        headers: { "x-a": "b" },
        message: { n: 1 },
        payload: { n: 1 },
      },
    ]);
  });

  it("is that a storage without transactions cannot complete it in one", async () => {
    await using cluster = await Cluster.open();
    const server = await serve(cluster, async (_payload, context) => await context.completeIn({}), {
      maxAttempts: 1,
    });

    const id = await server.enqueue();

    const record = await cluster.record(id);
    expect(readError(record.history?.[0]?.error?.text ?? "")).toMatchObject({
      code: "REVO_CAPABILITY_MISSING",
    });
  });
});

function circular(): object {
  const value: { self?: unknown } = {};
  value.self = value;
  return value;
}

function circularCause(): Error {
  const error = new Error("outer");
  error.cause = error;
  return error;
}

function throwingError(): Error {
  return Object.defineProperty(new Error("x"), "message", {
    get: () => {
      throw new Error("getter");
    },
  });
}

function counting<TStorage extends { readonly reports?: unknown }>(
  storage: TStorage,
  onReport: () => void,
): TStorage {
  return new Proxy(storage, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key, target);
      if (key === "reports") {
        return new Proxy(value as object, {
          get: (reports, method) => {
            if (method === "report") onReport();
            return Reflect.get(reports, method) as unknown;
          },
        });
      }
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
