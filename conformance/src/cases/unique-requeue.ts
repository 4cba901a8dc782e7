import assert from "node:assert/strict";
import { enqueue, enqueueOne, recordOf } from "../assertions.ts";
import { anAct, aUniqueJob, DAY_MS, toFail } from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aServer } from "../server-driver.ts";

export const uniqueRequeueCases: readonly ConformanceCase[] = [
  {
    id: "unique/requeue-takes-key",
    title: "a requeued final job takes its key again",
    async run({ storage }) {
      const job = aUniqueJob({});
      await enqueue(storage, job);
      const server = await aServer(storage);
      await server.settle(await server.claimOne(), toFail());

      await storage.control.requeue({ ...anAct([job.id]), resetAttempts: true });

      assert.deepEqual(await enqueueOne(storage, aUniqueJob({})), {
        kind: "duplicate",
        jobId: job.id,
      });
    },
  },
  {
    id: "unique/requeue-deleted-takes-key",
    title:
      "a requeued deleted job takes its key again, until its first claim where the scope says so",
    async run({ storage }) {
      const job = aUniqueJob({ scope: "untilStarted" });
      await enqueue(storage, job);
      await storage.control.delete({ ...anAct([job.id]), retainMs: DAY_MS });

      await storage.control.requeue({ ...anAct([job.id]), resetAttempts: true });

      assert.deepEqual(await storage.monitor.holders(["invoice-42"]), [job.id]);
    },
  },
  {
    id: "unique/requeue-duplicate",
    title:
      "a requeue that finds its key held answers `duplicate` with the holder and changes nothing",
    async run({ storage }) {
      const job = aUniqueJob({});
      await enqueue(storage, job);
      const server = await aServer(storage);
      await server.settle(await server.claimOne(), toFail());
      const holder = aUniqueJob({});
      await enqueue(storage, holder);
      const before = await recordOf(storage, job.id);

      const [result] = await storage.control.requeue({
        ...anAct([job.id]),
        resetAttempts: true,
      });

      assert.deepEqual(result, { kind: "duplicate", jobId: holder.id });
      assert.deepEqual(await recordOf(storage, job.id), before);
      assert.deepEqual(await storage.monitor.holders(["invoice-42"]), [holder.id]);
    },
  },
];
