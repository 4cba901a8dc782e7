import assert from "node:assert/strict";
import type { IJobStorage, JobId, JobState } from "@revojs/core";
import { enqueue } from "../assertions.ts";
import {
  aJob,
  aJobIn,
  anAct,
  DAY_MS,
  HOUR_MS,
  toDelete,
  toFail,
  toRelease,
  toRetry,
  toSucceed,
} from "../builders.ts";
import type { CaseContext } from "../case-context.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aServer, type HeldJob, type ServerDriver } from "../server-driver.ts";

/** Rounds of the truly parallel run of each pair: a race that is lost seldom needs more than one. */
const ROUNDS = 5;

/** One job in a state of its own, and its holder where it has one. */
interface Subject {
  readonly jobId: JobId;
  readonly queue: string;
  readonly server: ServerDriver;
  readonly held: HeldJob | undefined;
}

interface Operation {
  readonly name: string;
  /** Does it through the given client and answers what the storage answered, free of ids. */
  run(storage: IJobStorage<unknown>, subject: Subject): Promise<unknown>;
}

const states: readonly JobState[] = ["processing", "enqueued", "scheduled", "failed"];

export const transitionRaceCases: readonly ConformanceCase[] = states.map((state) => ({
  id: `concurrency/transitions-${state}`,
  title: `any two operations at once on a job that is ${state} end as if one came after the other`,
  clocks: "once",
  async run(context): Promise<void> {
    const other = await context.second();
    const operations = operationsOn(state);
    for (const [index, one] of operations.entries()) {
      for (const two of operations.slice(index)) await race(context, other, state, one, two);
    }
  },
}));

async function race(
  { storage }: CaseContext,
  other: IJobStorage<unknown>,
  state: JobState,
  one: Operation,
  two: Operation,
): Promise<void> {
  const first = await aSubject(storage, state);
  const oneFirst = await inOrder(storage, first, one, two);
  const second = await aSubject(storage, state);
  const [twoReply, oneReply, end] = await inOrder(storage, second, two, one);
  const allowed = [oneFirst, [oneReply, twoReply, end]].map((outcome) => JSON.stringify(outcome));

  for (let round = 0; round < ROUNDS; round++) {
    const subject = await aSubject(storage, state);
    const [a, b] = round % 2 === 0 ? [storage, other] : [other, storage];
    const replies = await Promise.all([one.run(a, subject), two.run(b, subject)]);
    const outcome = JSON.stringify([...replies, await endOf(storage, subject)]);

    assert.ok(
      allowed.includes(outcome),
      `${one.name} and ${two.name} at once came to ${outcome}, one after the other to ${allowed.join(" or ")}`,
    );
  }
}

async function inOrder(
  storage: IJobStorage<unknown>,
  subject: Subject,
  one: Operation,
  two: Operation,
): Promise<readonly [unknown, unknown, unknown]> {
  const first = await one.run(storage, subject);
  const second = await two.run(storage, subject);
  return [first, second, await endOf(storage, subject)];
}

/** What has become of the job, free of ids and instants. */
async function endOf(storage: IJobStorage<unknown>, { jobId }: Subject): Promise<unknown> {
  const [record] = await storage.monitor.get([jobId]);
  if (!record) return null;
  const { state, attempt, crashes, releases, priority, texts, reason } = record;
  return { state, attempt, crashes, releases, priority, texts, reason: reason ?? null };
}

async function aSubject(storage: IJobStorage<unknown>, state: JobState): Promise<Subject> {
  const queue = `q-${aJob().id}`;
  const job = state === "scheduled" ? aJobIn(HOUR_MS, { queue }) : aJob({ queue });
  await enqueue(storage, job);
  const server = await aServer(storage);
  if (state !== "processing" && state !== "failed") {
    return { jobId: job.id, queue, server, held: undefined };
  }
  const held = await server.claimOne({ queues: [queue] });
  if (state === "failed") await server.settle(held, toFail());
  return { jobId: job.id, queue, server, held };
}

function operationsOn(state: JobState): readonly Operation[] {
  return state === "processing" ? [...settlements, ...recoveries, ...acts] : [...claims, ...acts];
}

const settlements: readonly Operation[] = [
  toSucceed({ result: "1" }),
  toFail(),
  toRetry(HOUR_MS),
  toRelease(),
  toDelete(),
].map((outcome) => ({
  name: outcome.kind,
  async run(storage, { server, held }): Promise<unknown> {
    assert.ok(held);
    return server.through(storage).settle(held, outcome);
  },
}));

const recoveries: readonly Operation[] = [
  {
    name: "recover",
    async run(storage, { server, jobId }): Promise<unknown> {
      const reply = await server.through(storage).recover();
      if (reply.kind === "beat-moved") return reply.kind;
      const { returned, failed, deleted } = reply;
      return [returned, failed, deleted].map((ids) => ids.includes(jobId));
    },
  },
  {
    name: "start",
    async run(storage, { server, held }): Promise<unknown> {
      assert.ok(held);
      await server.through(storage).start(held);
      return null;
    },
  },
];

const claims: readonly Operation[] = [
  {
    name: "claim",
    async run(storage, { queue, server }): Promise<unknown> {
      const claimed = await server.through(storage).claim(1, { queues: [queue] });
      return claimed.map((job) => [job.attempt, job.priority, job.payload]);
    },
  },
];

const acts: readonly Operation[] = [
  {
    name: "delete",
    run: ({ control }, { jobId }) => control.delete({ ...anAct([jobId]), retainMs: DAY_MS }),
  },
  {
    name: "requeue",
    run: ({ control }, { jobId }) => control.requeue({ ...anAct([jobId]), resetAttempts: true }),
  },
  {
    name: "reschedule",
    run: ({ control }, { jobId }) =>
      control.reschedule({ ...anAct([jobId]), start: { kind: "delay", delayMs: DAY_MS } }),
  },
  {
    name: "move",
    run: ({ control }, { jobId }) => control.move({ ...anAct([jobId]), priority: 1 }),
  },
  {
    name: "replaceContent",
    run: ({ control }, { jobId }) =>
      control.replaceContent({
        ...anAct([jobId]),
        payload: '"new"',
        envelope: "{}",
        tags: [],
        maxAttempts: 3,
      }),
  },
];
