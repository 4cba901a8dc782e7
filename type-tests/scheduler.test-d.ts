// What the scheduler lets through the compiler, what it refuses, and what it infers.
// oxlint-disable typescript/no-unnecessary-type-parameters -- the comparison of types needs parameters that stand once
import {
  defineJob,
  job,
  Job,
  type EnqueueOptions,
  type IJob,
  type IJobScheduler,
  type JobHandle,
  type StandardSchemaV1,
} from "@revojs/core";

type Equal<Left, Right> =
  (<T>() => T extends Left ? 1 : 2) extends <T>() => T extends Right ? 1 : 2 ? true : false;
function assertType<_T extends true>(): void {}

class SendWelcome implements IJob {
  static readonly type = "send-welcome";
  readonly userId: string;
  constructor(userId: string) {
    this.userId = userId;
  }
}

class ResizeImage extends Job<{ width: number }> {
  static readonly type = "resize-image";
  readonly url: string;
  constructor(url: string) {
    super();
    this.url = url;
  }
}

class CountWords extends Job<number> {
  static readonly type = "count-words";
}

declare const schema: StandardSchemaV1<{ limit?: number | string }, { limit: number }>;
const importUsers = defineJob({
  name: "import-users",
  payload: schema,
  handle: async (payload) => {
    assertType<Equal<typeof payload, { limit: number }>>();
    return { imported: payload.limit };
  },
});
const greet = job("greet", async (payload: { name: string }) => payload.name.length);

interface Client {
  query(text: string): Promise<unknown>;
}
declare const scheduler: IJobScheduler;
declare const transactional: IJobScheduler<Client>;
declare const client: Client;

export async function results(): Promise<void> {
  const welcome = await scheduler.enqueueJob(new SendWelcome("1"));
  assertType<Equal<typeof welcome, JobHandle<void>>>();

  const resize = await scheduler.enqueueJob(new ResizeImage("a.png"), { delay: "10 minutes" });
  assertType<Equal<typeof resize, JobHandle<{ width: number }>>>();
  const { width } = await resize.result({ timeout: "30 s" });
  assertType<Equal<typeof width, number>>();

  const imported = await scheduler.enqueueJob(importUsers, { limit: "5" }, { priority: 1 });
  assertType<Equal<typeof imported, JobHandle<{ imported: number }>>>();
  const viaWith = await scheduler.enqueueJob(importUsers.with({}));
  assertType<Equal<typeof viaWith, JobHandle<{ imported: number }>>>();
  const greeted = await scheduler.scheduleJob(greet, { name: "Ada" }, "2027-01-01T08:00:00Z");
  assertType<Equal<typeof greeted, JobHandle<number>>>();
  const later = await scheduler.scheduleJob(new ResizeImage("a.png"), new Date());
  assertType<Equal<typeof later, JobHandle<{ width: number }>>>();
  const temporal = await scheduler.scheduleJob(new SendWelcome("1"), { epochMilliseconds: 0 });
  assertType<Equal<typeof temporal, JobHandle<void>>>();
}

export async function bulk(users: readonly SendWelcome[]): Promise<void> {
  const same = await scheduler.enqueueJobs(users);
  assertType<Equal<typeof same, readonly JobHandle<void>[]>>();
  const mapped = await scheduler.enqueueJobs(["a", "b"].map((url) => new ResizeImage(url)));
  assertType<Equal<typeof mapped, readonly JobHandle<{ width: number }>[]>>();
  const items = await scheduler.enqueueJobs([
    { job: new ResizeImage("a.png"), delay: "5 min", uniqueKey: { key: "a", scope: "retained" } },
  ]);
  assertType<Equal<(typeof items)[number], JobHandle<{ width: number }>>>();
  const mixed = await scheduler.enqueueJobs([new CountWords(), { job: new ResizeImage("a.png") }]);
  const first = await mixed[0]?.result();
  assertType<Equal<typeof first, number | { width: number } | undefined>>();
  const built: { job: SendWelcome; priority: number }[] = [];
  await scheduler.enqueueJobs(built);

  // @ts-expect-error -- not a duration
  await scheduler.enqueueJobs([{ job: new SendWelcome("1"), delay: "10 minuets" }]);
  // @ts-expect-error -- no such option
  await scheduler.enqueueJobs([{ job: new SendWelcome("1"), dealy: "10 min" }]);
  // @ts-expect-error -- a class, not a job
  await scheduler.enqueueJobs([SendWelcome]);
  // @ts-expect-error -- texts are no jobs
  await scheduler.enqueueJobs(["send-welcome"]);
}

export async function refused(): Promise<void> {
  // @ts-expect-error -- not a duration
  await scheduler.enqueueJob(new SendWelcome("1"), { delay: "10 minuets" });
  // @ts-expect-error -- no such option
  await scheduler.enqueueJob(new SendWelcome("1"), { dealy: "10 min" });
  // @ts-expect-error -- a text is no job
  await scheduler.enqueueJob("send-welcome");
  // @ts-expect-error -- a class is no job
  await scheduler.enqueueJob(SendWelcome);
  // @ts-expect-error -- a definition needs its payload
  await scheduler.enqueueJob(greet);
  // @ts-expect-error -- the payload is another's
  await scheduler.enqueueJob(greet, { nam: "Ada" });
  // @ts-expect-error -- the time of scheduleJob is its argument
  await scheduler.scheduleJob(new SendWelcome("1"), new Date(), { delay: 5 });
  // @ts-expect-error -- an action has one of five kinds
  await scheduler.apply({ kind: "obliterate" }, { states: ["failed"] });
  // @ts-expect-error -- no such state
  await scheduler.apply({ kind: "delete" }, { states: ["done"] });
  // @ts-expect-error -- a pause has a reason
  await scheduler.pauseQueue("default", {});
}

export async function transactions(): Promise<void> {
  await transactional.enqueueJob(new SendWelcome("1"), { transaction: client });
  await transactional.enqueueJob(greet, { name: "Ada" }, { transaction: client, delay: "5 s" });
  await transactional.enqueueJobs([new SendWelcome("1")], { transaction: client });
  // @ts-expect-error -- the storage has no transactions
  await scheduler.enqueueJob(new SendWelcome("1"), { transaction: client });
  // @ts-expect-error -- the storage has no transactions
  await scheduler.enqueueJobs([new SendWelcome("1")], { transaction: client });
  // @ts-expect-error -- another database's
  await transactional.enqueueJob(new SendWelcome("1"), { transaction: {} });
}

export async function references(handle: JobHandle): Promise<void> {
  assertType<Equal<Awaited<ReturnType<typeof scheduler.deleteJob>>, boolean>>();
  await scheduler.deleteJob(handle);
  await scheduler.deleteJob("018f0000-0000-7000-8000-000000000000");
  await scheduler.deleteJob({ key: "welcome-1" });
  // @ts-expect-error -- neither id nor key
  await scheduler.deleteJob({ name: "welcome-1" });
  const options: EnqueueOptions = { uniqueKey: "a", headers: { tenant: "acme" } };
  await scheduler.enqueueJob(new SendWelcome("1"), options);
}
