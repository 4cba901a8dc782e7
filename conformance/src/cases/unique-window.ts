import assert from "node:assert/strict";
import { enqueue, enqueueOne, stateOf } from "../assertions.ts";
import {
  anAct,
  aUniqueJob,
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  SECOND_MS,
  toSucceed,
} from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aServer } from "../server-driver.ts";

const windowKey = { scope: "window", windowMs: HOUR_MS } as const;

export const uniqueWindowCases: readonly ConformanceCase[] = [
  {
    id: "unique/window-held-while-waiting",
    title:
      "window: the key is held for its time from enqueue, then free although the job still waits",
    async run({ storage, advance, slackMs }) {
      const job = aUniqueJob(windowKey);
      await enqueue(storage, job);

      await advance(HOUR_MS - slackMs - 1);
      const within = await enqueueOne(storage, aUniqueJob(windowKey));
      await advance(slackMs + 1);
      const after = await enqueueOne(storage, aUniqueJob(windowKey));

      assert.deepEqual(within, { kind: "duplicate", jobId: job.id });
      assert.deepEqual(after, { kind: "created" });
      assert.equal(await stateOf(storage, job.id), "enqueued");
    },
  },
  {
    id: "unique/window-after-success",
    title: "window: the key stays held after the job succeeded",
    async run({ storage }) {
      const job = aUniqueJob(windowKey);
      await enqueue(storage, job);
      const server = await aServer(storage);
      await server.settle(await server.claimOne(), toSucceed());

      const result = await enqueueOne(storage, aUniqueJob(windowKey));

      assert.deepEqual(result, { kind: "duplicate", jobId: job.id });
    },
  },
  {
    id: "unique/window-after-deletion",
    title: "window: the key stays held after the job was deleted",
    async run({ storage }) {
      const job = aUniqueJob(windowKey);
      await enqueue(storage, job);
      await storage.control.delete({ ...anAct([job.id]), retainMs: DAY_MS });

      const result = await enqueueOne(storage, aUniqueJob(windowKey));

      assert.deepEqual(result, { kind: "duplicate", jobId: job.id });
    },
  },
  {
    id: "unique/window-after-drop",
    title: "window: the key stays held after the job was dropped and pruned",
    async run({ storage }) {
      const job = aUniqueJob(windowKey);
      await enqueue(storage, job);
      const server = await aServer(storage);
      await server.settle(await server.claimOne(), toSucceed({ retainMs: 0 }));
      await storage.upkeep.prune(100);

      const result = await enqueueOne(storage, aUniqueJob(windowKey));

      assert.deepEqual(result, { kind: "duplicate", jobId: job.id });
    },
  },
  {
    id: "unique/window-from-enqueue",
    title: "window: the time runs from enqueue, not from the last duplicate",
    async run({ storage, advance }) {
      await enqueue(storage, aUniqueJob(windowKey));
      await advance(40 * MINUTE_MS);
      await enqueueOne(storage, aUniqueJob(windowKey));
      await advance(21 * MINUTE_MS);

      const result = await enqueueOne(storage, aUniqueJob(windowKey));

      assert.deepEqual(result, { kind: "created" });
    },
  },
  {
    id: "unique/window-next-holder",
    title:
      "window: when the time of the first job is over, the next job holds the key for its own time",
    async run({ storage, advance }) {
      await enqueue(storage, aUniqueJob(windowKey));
      await advance(HOUR_MS + SECOND_MS);
      const next = aUniqueJob(windowKey);
      await enqueue(storage, next);
      await storage.upkeep.prune(100);

      const result = await enqueueOne(storage, aUniqueJob(windowKey));

      assert.deepEqual(result, { kind: "duplicate", jobId: next.id });
    },
  },
];
