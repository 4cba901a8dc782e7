import type { EnqueueResult, NewJob } from "@revojs/core";
import { SystemClock } from "@revojs/core";
import { describeWithServer } from "@revojs/conformance/vitest";
import { Redis } from "ioredis";
import { expect, it, onTestFinished } from "vitest";
import { Connection } from "../../src/connection.ts";
import { groupsOf } from "../../src/enqueue.ts";
import { toShortId } from "../../src/job-ids.ts";
import { clockKeyOf, rootOf } from "../../src/keys.ts";
import { toSettings } from "../../src/options.ts";
import { giveUp, locate, type Pointer, point } from "../../src/partitions/locate.ts";
import { Partitions } from "../../src/partitions/partitions.ts";
import type { RedisJobStorage } from "../../src/redis-job-storage.ts";
import { defineScript } from "../../src/script.ts";
import { ENQUEUE_IN_PARTITION } from "../../src/scripts/partition-enqueue.ts";
import { aClaim, aJob, registerServer } from "@revojs/conformance/fixtures";
import { aStorage } from "../a-storage.ts";

const COUNT = 4;
const enqueueScript = defineScript<readonly string[]>("enqueue", "writes", ENQUEUE_IN_PARTITION);

describeWithServer("redis", "ids and unique keys over partitions", ({ url }) => {
  it("are held once by jobs with one key, enqueued at once by many with ids of all partitions", async () => {
    const { storage } = await aStorage(url, { partitions: COUNT });

    for (let round = 0; round < 20; round++) {
      const jobs = Array.from({ length: 12 }, () => aUniqueJob(`key-${round}`));
      const results = await enqueueEach(storage, jobs);

      const holder = jobs[results.findIndex(({ kind }) => kind === "created")]?.id;
      expect(results.filter(({ kind }) => kind === "created")).toHaveLength(1);
      expect(results.filter(({ kind }) => kind === "duplicate")).toHaveLength(11);
      expect(await storage.monitor.holders([`key-${round}`])).toEqual([holder]);
    }
    expect(await countAll(storage)).toBe(20);
  });

  it("belong to one job, enqueued at once under other keys and under none", async () => {
    const { storage } = await aStorage(url, { partitions: COUNT });

    for (let round = 0; round < 40; round++) {
      const { id } = aJob();
      const jobs = [
        ...Array.from({ length: 6 }, (_, index) => aUniqueJob(`key-${round}-${index}`, { id })),
        aJob({ id }),
        aJob({ id }),
      ];
      const results = await enqueueEach(storage, jobs);

      const kinds = results.map(({ kind }) => kind).toSorted();
      expect(kinds).toEqual(["created", ...Array.from({ length: 7 }, () => "exists")]);
    }
    expect(await countAll(storage)).toBe(40);
  });

  it("lead to a job with a key by its id, whatever is done to it", async () => {
    const { storage, partitions } = await aPartitionedStorage(url);
    const job = aStrayJob(partitions, "a");
    await storage.enqueue({ jobs: [job] });

    const [record] = await storage.monitor.get([job.id]);
    expect(record).toMatchObject({ id: job.id, uniqueKey: "a", state: "enqueued" });
    expect(await storage.enqueue({ jobs: [job], mayExist: true })).toEqual([{ kind: "exists" }]);
    const serverId = await registerServer(storage);
    const claim = aClaim();
    const { jobs: held } = await storage.exchange({ serverId, settle: [], claim });
    const outcome = { kind: "succeed", retainMs: 60_000, result: "1" } as const;
    const settle = [{ jobId: job.id, token: claim.token, outcome }];
    expect(held).toMatchObject([{ id: job.id, locator: String(partitions.ofKey("a")) }]);
    expect((await storage.exchange({ serverId, settle })).settled).toEqual(["settled"]);
    expect(await storage.monitor.outcomes([job.id])).toEqual([{ state: "succeeded", result: "1" }]);
    const act = { actor: "alice", reason: "again", ids: [job.id] };
    expect(await storage.control.requeue({ ...act, resetAttempts: true })).toEqual([
      { kind: "done" },
    ]);
  });

  it("are free again after a crash between pointer and job, and who was late is refused", async () => {
    const { storage, partitions } = await aPartitionedStorage(url);
    const job = aStrayJob(partitions, "a");
    const pointer = await pointTo(partitions, job);

    const other = aJob({ id: job.id });
    expect(await storage.enqueue({ jobs: [other] })).toEqual([{ kind: "created" }]);

    expect(await sendLate(partitions, job, pointer)).toBe("x");
    expect(await countAll(storage)).toBe(1);
    expect(await storage.monitor.holders(["a"])).toEqual([null]);
  });

  it("let the same job be stored after a crash between pointer and job", async () => {
    const { storage, partitions } = await aPartitionedStorage(url);
    const job = aStrayJob(partitions, "a");
    await pointTo(partitions, job);

    expect(await storage.enqueue({ jobs: [job], mayExist: true })).toEqual([{ kind: "created" }]);

    expect((await storage.monitor.get([job.id]))[0]?.state).toBe("enqueued");
  });

  it("keep a pointer to a job that was stored while another call gave it up", async () => {
    const { storage, partitions } = await aPartitionedStorage(url);
    const job = aStrayJob(partitions, "a");
    const pointer = await pointTo(partitions, job);
    expect(await sendLate(partitions, job, pointer)).toBe("c");

    expect(await giveUp(partitions, [pointer])).toEqual([true]);

    expect((await storage.monitor.get([job.id]))[0]?.id).toBe(job.id);
  });

  it("leave no pointer behind for a duplicate", async () => {
    const { storage, partitions } = await aPartitionedStorage(url);
    await storage.enqueue({ jobs: [aUniqueJob("a")] });
    const jobs = Array.from({ length: 10 }, () => aUniqueJob("a"));

    await storage.enqueue({ jobs });

    const places = await locate(
      partitions,
      jobs.map(({ id }) => id),
    );
    expect(new Set(places)).toEqual(new Set(["nothing"]));
  });

  it("are swept by upkeep once their jobs are gone, and only then", async () => {
    const { storage, partitions, advance } = await aPartitionedStorage(url);
    const [gone, kept] = [aStrayJob(partitions, "a"), aStrayJob(partitions, "b")];
    await storage.enqueue({ jobs: [gone, kept] });
    const act = { actor: "alice", reason: "no need" };
    await storage.control.delete({ ...act, ids: [gone.id], retainMs: 0 });
    await advance(61_000);

    await storage.upkeep.repair(100);

    const [first, second] = await locate(partitions, [gone.id, kept.id]);
    expect(first).toBe("nothing");
    expect(second).toMatchObject({ partition: partitions.ofKey("b") });
  });

  it("find a job by its id although its pointer was lost", async () => {
    const { storage, partitions } = await aPartitionedStorage(url);
    const admin = new Redis(url);
    onTestFinished(() => admin.disconnect());
    const job = aStrayJob(partitions, "a");
    await storage.enqueue({ jobs: [job] });
    const home = partitions.at(partitions.homeOf(job.id)).settings.prefix;
    await admin.del(`${rootOf(home)}j:${toShortId(job.id)}`);

    expect((await storage.monitor.get([job.id]))[0]?.id).toBe(job.id);
    expect(await storage.enqueue({ jobs: [job], mayExist: true })).toEqual([{ kind: "exists" }]);
  });

  it("take the content of jobs of one key in their order, wherever their ids belong", async () => {
    const { storage } = await aStorage(url, { partitions: COUNT });
    const start = { kind: "delay", delayMs: 60_000 } as const;
    for (let round = 0; round < 10; round++) {
      const key = `key-${round}`;
      const unique = { key, scope: "untilFinished", onConflict: "replace" } as const;
      const jobs = Array.from({ length: 8 }, (_, index) =>
        aJob({ unique, start, payload: String(index) }),
      );

      const results = await storage.enqueue({ jobs });

      expect(results.map(({ kind }) => kind)).toEqual([
        "created",
        ...Array.from({ length: 7 }, () => "replaced"),
      ]);
      const [record] = await storage.monitor.get([jobs[0]?.id ?? ""]);
      expect(record?.texts?.payload).toBe("7");
    }
  });

  it("create the first of two jobs with one id in one call", async () => {
    const { storage } = await aStorage(url, { partitions: COUNT });
    const { id } = aJob();
    const jobs = [aUniqueJob("a", { id }), aJob({ id }), aUniqueJob("b", { id })];

    const results = await storage.enqueue({ jobs });

    expect(results.map(({ kind }) => kind)).toEqual(["created", "exists", "exists"]);
    expect((await storage.monitor.get([id]))[0]?.uniqueKey).toBe("a");
  });
});

function aUniqueJob(key: string, overrides: Partial<NewJob> = {}): NewJob {
  return aJob({ unique: { key, scope: "untilFinished", onConflict: "keep" }, ...overrides });
}

/** With an id that belongs to another partition than its key. */
function aStrayJob(partitions: Partitions, key: string): NewJob {
  for (;;) {
    const job = aUniqueJob(key);
    if (partitions.homeOf(job.id) !== partitions.ofKey(key)) return job;
  }
}

/** A storage, and its partitions as its scripts see them. */
async function aPartitionedStorage(url: string) {
  const { storage, prefix } = await aStorage(url, { partitions: COUNT });
  const settings = toSettings({ connectionString: url, prefix, partitions: COUNT });
  const connection = new Connection(settings, new SystemClock(), "commands");
  const admin = new Redis(url);
  onTestFinished(() => {
    connection.close();
    admin.disconnect();
  });
  const partitions = new Partitions(settings, connection);
  const advance = async (byMs: number): Promise<void> => {
    for (const { settings: own } of partitions.stores)
      await admin.incrby(clockKeyOf(own.prefix), byMs);
  };
  return { storage, partitions, advance };
}

/** What a process does that dies after the first of two steps. */
async function pointTo(partitions: Partitions, { id, unique }: NewJob): Promise<Pointer> {
  const partition = partitions.ofKey(unique?.key ?? "");
  const [answer] = await point(partitions, [{ id, partition }], undefined);
  if (typeof answer !== "object") throw new Error("there was something already");
  return { id, partition, sequence: answer.sequence };
}

/** The second step, whenever it comes. */
async function sendLate(partitions: Partitions, job: NewJob, pointer: Pointer): Promise<string> {
  const values = ["", 1, toShortId(job.id), pointer.sequence, ...groupsOf([job])];
  const [letters] = await partitions.at(pointer.partition).run(enqueueScript, values);
  return letters ?? "";
}

function enqueueEach(
  storage: RedisJobStorage,
  jobs: readonly NewJob[],
): Promise<readonly EnqueueResult[]> {
  return Promise.all(
    jobs.map(async (job): Promise<EnqueueResult> => {
      const [result] = await storage.enqueue({ jobs: [job] });
      if (result === undefined) throw new Error("no answer");
      return result;
    }),
  );
}

async function countAll(storage: RedisJobStorage): Promise<number> {
  const states = ["enqueued", "scheduled", "processing", "succeeded", "failed", "deleted"] as const;
  return (await storage.monitor.count({ states }, { atMost: 10_000 })).count;
}
