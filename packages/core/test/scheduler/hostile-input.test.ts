import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RevoMonitor } from "../../src/monitor/revo-monitor.ts";
import { noSuchId, openScheduler, SendInvoice } from "./scheduler-kit.ts";

const plainlyAnything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withNullPrototype: true,
  withSparseArray: true,
  withTypedArray: true,
});
/** What throws when it is looked at. */
const unreadable = fc
  .constantFrom("delay", "id", "key", "kind", "states", "epochMilliseconds", "signal")
  .chain((key) => fc.constantFrom(throwingGetter(key), throwingProxy));
const anything = fc.oneof(
  { weight: 9, arbitrary: plainlyAnything },
  { weight: 1, arbitrary: unreadable },
);

const refuse = (): never => {
  throw new Error("the caller's own trap");
};

/** Symbols are let through: fast-check itself looks for one on every value. */
const throwingProxy = new Proxy(
  {},
  {
    get: (_, key) => (typeof key === "symbol" ? undefined : refuse()),
    has: (_, key) => (typeof key === "symbol" ? false : refuse()),
    ownKeys: refuse,
    getOwnPropertyDescriptor: refuse,
  },
);

function throwingGetter(key: string): object {
  return Object.defineProperty({}, key, {
    enumerable: true,
    get() {
      throw new Error("the caller's own getter");
    },
  });
}

/** Mostly an object with the given keys, so that the values are reached, not only the keys refused. */
function objectWith(keys: readonly string[]): fc.Arbitrary<unknown> {
  const values = Object.fromEntries(keys.map((key) => [key, fc.oneof(anything, fc.string())]));
  return fc.oneof({ weight: 4, arbitrary: fc.record(values, { requiredKeys: [] }) }, anything);
}

const enqueueOptions = objectWith([
  "delay",
  "runAt",
  "id",
  "uniqueKey",
  "headers",
  "queue",
  "priority",
  "maxAttempts",
  "maxCrashes",
  "timeout",
  "retry",
  "tags",
  "retention",
  "discardAfterMs",
]);
const actionOptions = objectWith(["actor", "reason", "from", "resetAttempts", "for"]);
const resultOptions = objectWith(["timeout", "signal"]);
const reference = fc.oneof(
  fc.constant(noSuchId),
  objectWith(["id"]),
  objectWith(["key"]),
  fc.string({ unit: "binary" }),
);
const query = objectWith(["ids", "states", "types", "keys", "createdAt", "attempt", "payloadText"]);
const pageOptions = objectWith(["after", "limit", "order", "scanLimit", "detail", "signal"]);
const action = objectWith(["kind", "queue", "priority", "at", "resetAttempts"]);

/** Whatever is thrown must be ours: a stable code, and a message that nobody's terminal chokes on. */
function assertOurs(error: unknown): void {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code !== "string" || !code.startsWith("REVO_") || code === "REVO_INTERNAL")
    throw error;
  expect(typeof message).toBe("string");
  expect((message as string).length).toBeLessThan(1_000);
}

describe("whatever is passed in, what comes out is success or an error of ours", () => {
  it("from the scheduler", async () => {
    await using kit = await openScheduler();
    const scheduler = kit.scheduler as unknown as Record<
      string,
      (...values: unknown[]) => Promise<unknown>
    >;
    const job = fc.constant(new SendInvoice());
    const call = fc.oneof(
      fc.tuple(fc.constant("enqueueJob"), anything, enqueueOptions),
      fc.tuple(fc.constant("enqueueJob"), job, enqueueOptions),
      fc.tuple(fc.constant("enqueueJobs"), fc.oneof(anything, fc.array(enqueueOptions)), anything),
      fc.tuple(fc.constant("enqueueJobs"), fc.array(job), anything),
      fc.tuple(fc.constant("scheduleJob"), job, anything, enqueueOptions),
      fc.tuple(fc.constant("deleteJob"), reference, actionOptions),
      fc.tuple(fc.constant("requeueJob"), reference, actionOptions),
      fc.tuple(fc.constant("runNow"), reference, actionOptions),
      fc.tuple(fc.constant("reschedule"), reference, anything, actionOptions),
      fc.tuple(fc.constant("updateJob"), reference, objectWith(["queue", "priority", "payload"])),
      fc.tuple(fc.constant("pauseQueue"), fc.string(), actionOptions),
      fc.tuple(fc.constant("resumeQueue"), anything, actionOptions),
      fc.tuple(fc.constant("apply"), action, query, pageOptions),
      fc.tuple(fc.constant("getJob"), reference),
      fc.tuple(fc.constant("waitForResult"), objectWith(["id"]), resultOptions),
    );

    await fc.assert(
      fc.asyncProperty(call, async ([method, ...values]) => {
        await scheduler[method]?.(...values).catch(assertOurs);
      }),
      { numRuns: 3_000 },
    );
    const { created } = await kit.scheduler.enqueueJob(new SendInvoice());
    expect(created).toBe(true);
  });

  it("from the monitor", async () => {
    await using kit = await openScheduler();
    await kit.scheduler.enqueueJobs([new SendInvoice("1"), new SendInvoice("2")]);
    const { storage, registry } = kit;
    const monitor = new RevoMonitor({
      storage,
      registry,
      isClosed: () => false,
    }) as unknown as Record<string, (...values: unknown[]) => Promise<unknown>>;
    const call = fc.oneof(
      fc.tuple(fc.constant("find"), query, pageOptions),
      fc.tuple(fc.constant("count"), query, objectWith(["atMost"])),
      fc.tuple(fc.constant("job"), anything),
      fc.tuple(fc.constant("history"), reference),
      fc.tuple(fc.constant("logs"), reference, objectWith(["after", "limit"])),
      fc.tuple(fc.constant("metrics"), objectWith(["from", "to", "step", "groupBy"])),
      fc.tuple(
        fc.constant("suggest"),
        fc.constantFrom("types", "tags", "x"),
        anything,
        pageOptions,
      ),
    );

    await fc.assert(
      fc.asyncProperty(call, async ([method, ...values]) => {
        await monitor[method]?.(...values).catch(assertOurs);
      }),
      { numRuns: 2_000 },
    );
  });
});
