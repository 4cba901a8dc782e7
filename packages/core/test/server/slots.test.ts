import { describe, expect, it } from "vitest";
import type { Attempt } from "../../src/server/attempt.ts";
import { resolveServerOptions, type JobServerOptions } from "../../src/server/server-options.ts";
import { Slots } from "../../src/server/slots.ts";
import { anAttempt } from "./builders.ts";

const slotsOf = (options: JobServerOptions = {}): Slots =>
  new Slots(resolveServerOptions({ concurrency: 2, ...options }));

function holdAll(slots: Slots, attempts: readonly Attempt[]): readonly Attempt[] {
  for (const attempt of attempts) slots.hold(attempt);
  return attempts;
}

function startAll(slots: Slots): readonly Attempt[] {
  const started: Attempt[] = [];
  for (let next = slots.takeNext(); next !== undefined; next = slots.takeNext()) started.push(next);
  return started;
}

describe("Slots", () => {
  it("starts as many as there are slots, in the order of their claim", () => {
    const slots = slotsOf();
    const attempts = holdAll(slots, [anAttempt(), anAttempt(), anAttempt()]);

    const started = startAll(slots);

    expect(started).toEqual(attempts.slice(0, 2));
    expect([slots.running.size, slots.waiting]).toEqual([2, 1]);
  });

  it("starts the next when a slot is given back", () => {
    const slots = slotsOf();
    const [first, , third] = holdAll(slots, [anAttempt(), anAttempt(), anAttempt()]);
    startAll(slots);

    if (first !== undefined) slots.release(first);
    const started = startAll(slots);

    expect(started).toEqual([third]);
  });

  it("gives a slot back once, however often it is told to", () => {
    const slots = slotsOf({ queues: [{ name: "default", concurrency: 2 }] });
    const [first] = holdAll(slots, [anAttempt(), anAttempt()]);
    startAll(slots);

    if (first !== undefined) for (let times = 0; times < 3; times++) slots.release(first);

    expect(slots.demand(0, 100, true)).toEqual({
      limit: 1,
      queues: [{ queue: "default", limit: 1 }],
    });
  });

  it("starts one suspect at a time, and others beside it", () => {
    const slots = slotsOf({ concurrency: 4 });
    const suspects = [anAttempt({ crashes: 1 }), anAttempt({ crashes: 2 })];
    const others = [anAttempt(), anAttempt()];
    holdAll(slots, [...suspects, ...others]);

    const started = startAll(slots);
    if (suspects[0] !== undefined) slots.release(suspects[0]);
    const later = startAll(slots);

    expect(started).toEqual([suspects[0], ...others]);
    expect(later).toEqual([suspects[1]]);
  });

  it("starts jobs that may not crash beside each other: only what crashed before is suspect", () => {
    const slots = slotsOf();
    const attempts = holdAll(slots, [anAttempt({ maxCrashes: 0 }), anAttempt({ maxCrashes: 0 })]);

    const started = startAll(slots);

    expect(started).toEqual(attempts);
  });

  it("goes on claiming while suspects wait for their turn", () => {
    const slots = slotsOf({ concurrency: 3 });
    holdAll(
      slots,
      [1, 1, 1].map((crashes) => anAttempt({ crashes })),
    );
    startAll(slots);

    const demand = slots.demand(0, 100, false);

    expect(demand?.limit).toBe(2);
    expect(slots.isHungry).toBe(true);
  });

  it("holds no more suspects than jobs may be held beyond the running ones", () => {
    const slots = slotsOf({ concurrency: 3, maxPrefetch: 1 });
    holdAll(
      slots,
      [1, 1, 1, 1].map((crashes) => anAttempt({ crashes })),
    );
    startAll(slots);

    const demand = slots.demand(0, 100, false);

    expect(demand).toBeNull();
  });

  it("takes back what has not started, and nothing that runs", () => {
    const slots = slotsOf({ concurrency: 1 });
    const [running, waiting] = holdAll(slots, [anAttempt(), anAttempt()]);
    startAll(slots);
    if (running === undefined || waiting === undefined) throw new Error("two were held");

    expect([slots.withdraw(running), slots.withdraw(waiting), slots.withdraw(waiting)]).toEqual([
      false,
      true,
      false,
    ]);
    expect(slots.waiting).toBe(0);
  });

  it("takes everything back that has not started, suspects only when asked", () => {
    const slots = slotsOf({ concurrency: 1 });
    const [, waiting] = holdAll(slots, [anAttempt(), anAttempt()]);
    startAll(slots);
    const suspect = anAttempt({ crashes: 1 });
    slots.hold(suspect);

    const withoutSuspects = slots.withdrawAll(false);
    const rest = slots.withdrawAll(true);

    expect([withoutSuspects, rest]).toEqual([[waiting], [suspect]]);
  });

  it("finds what it holds by the job's id, running or not", () => {
    const slots = slotsOf({ concurrency: 1 });
    const held = holdAll(slots, [anAttempt(), anAttempt(), anAttempt({ crashes: 1 })]);
    startAll(slots);

    const found = held.map(({ job }) => slots.find(job.id));

    expect(found).toEqual(held);
    expect(slots.find("nobody")).toBeUndefined();
  });
});

describe("Slots.demand", () => {
  it("asks by two claims for what fills the slots and the prefetch, from each queue in order", () => {
    const slots = slotsOf({ concurrency: 11, queues: ["critical", "default"] });

    const first = slots.demand(10, 100, false);
    if (first !== null) slots.requested(first, 1);
    const second = slots.demand(10, 100, false);
    if (second !== null) slots.requested(second, 1);

    expect(first).toEqual({
      limit: 11,
      queues: [
        { queue: "critical", limit: 11 },
        { queue: "default", limit: 11 },
      ],
    });
    expect(second?.limit).toBe(10);
    expect(slots.demand(10, 100, true)).toBeNull();
  });

  it("leaves empty slots for a claim that asks for what comes while another is under way", () => {
    const slots = slotsOf({ concurrency: 10 });
    const first = slots.demand(0, 100, false);
    if (first !== null) slots.requested(first, 1);

    expect([first?.limit, slots.isHungry, slots.demand(0, 100, false)?.limit]).toEqual([
      5,
      true,
      5,
    ]);
  });

  it("asks for no more than a call may give", () => {
    expect(slotsOf({ concurrency: 50 }).demand(0, 20, false)?.limit).toBe(20);
  });

  it("does not ask for what a claim under way may bring", () => {
    const slots = slotsOf({ concurrency: 11 });
    const first = slots.demand(0, 6, false);
    if (first !== null) slots.requested(first, 1);

    const second = slots.demand(0, 100, false);
    if (second !== null) slots.requested(second, 1);
    const third = slots.demand(0, 100, false);
    if (first !== null) slots.requested(first, -1);
    const fourth = slots.demand(0, 100, false);

    expect([first, second, third, fourth].map((demand) => demand?.limit)).toEqual([
      6,
      5,
      undefined,
      6,
    ]);
  });

  it("asks once at a time where slots are few, so that jobs start in their order", () => {
    const slots = slotsOf({ concurrency: 9 });
    const first = slots.demand(0, 3, false);
    if (first !== null) slots.requested(first, 1);

    const meanwhile = slots.demand(100, 100, true);
    if (first !== null) slots.requested(first, -1);
    const afterwards = slots.demand(0, 100, false);

    expect([first?.limit, meanwhile, afterwards?.limit]).toEqual([3, null, 9]);
  });

  it("waits until half of what it may hold is used up, unless the claim rides along for free", () => {
    const slots = slotsOf({ concurrency: 1 });
    holdAll(
      slots,
      Array.from({ length: 8 }, () => anAttempt()),
    );
    startAll(slots);

    expect(slots.demand(10, 100, false)).toBeNull();
    expect(slots.demand(10, 100, true)?.limit).toBe(3);
  });

  it("takes from a queue with a limit no more than that, running and waiting together", () => {
    const slots = slotsOf({
      concurrency: 10,
      queues: [{ name: "mail", concurrency: 2 }, "default"],
    });
    slots.hold(anAttempt({ queue: "mail" }));

    const demand = slots.demand(0, 100, false);

    expect(demand?.queues).toEqual([
      { queue: "mail", limit: 1 },
      { queue: "default", limit: 5 },
    ]);
  });

  it("counts for a queue's limit what a claim under way may bring", () => {
    const slots = slotsOf({ concurrency: 10, queues: [{ name: "mail", concurrency: 3 }] });
    const first = slots.demand(0, 100, false);
    if (first !== null) slots.requested(first, 1);

    const meanwhile = slots.demand(90, 100, true);
    if (first !== null) slots.requested(first, -1);
    const afterwards = slots.demand(90, 100, true);

    expect([first?.queues, meanwhile, afterwards?.queues]).toEqual([
      [{ queue: "mail", limit: 3 }],
      null,
      [{ queue: "mail", limit: 3 }],
    ]);
  });

  it("leaves out a queue whose limit is reached", () => {
    const slots = slotsOf({
      concurrency: 10,
      queues: [{ name: "mail", concurrency: 1 }, "default"],
    });
    const [mail] = holdAll(slots, [anAttempt({ queue: "mail" })]);
    startAll(slots);

    const reached = slots.demand(0, 100, false);
    if (mail !== undefined) slots.release(mail);
    const free = slots.demand(0, 100, false);

    expect(reached?.queues.map(({ queue }) => queue)).toEqual(["default"]);
    expect(free?.queues.map(({ queue }) => queue)).toEqual(["mail", "default"]);
  });
});
