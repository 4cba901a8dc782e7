import assert from "node:assert/strict";
import { assertSameItems, enqueue, idsOf, stateOf, statesOf } from "../assertions.ts";
import { aJob, aJobIn, anAct, aToken, HOUR_MS, someJobs, toSucceed } from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aServer, fenceOf } from "../server-driver.ts";

export const followUpsCases: readonly ConformanceCase[] = [
  {
    id: "follow-ups/stored",
    title: "follow-ups are stored with the success that brings them",
    needs: ["capability:followUps"],
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const followUps = [aJob(), aJobIn(HOUR_MS)];

      const status = await server.settle(await server.claimOne(), toSucceed({ followUps }));

      assert.equal(status, "settled");
      assert.deepEqual(await statesOf(storage, followUps), ["enqueued", "scheduled"]);
    },
  },
  {
    id: "follow-ups/stale",
    title: "follow-ups of a stale success are not stored",
    needs: ["capability:followUps"],
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      const followUp = aJob();

      const status = await server.settle(
        { ...job, token: aToken() },
        toSucceed({ followUps: [followUp] }),
      );

      assert.equal(status, "stale");
      assert.equal(await stateOf(storage, followUp.id), null);
    },
  },
  {
    id: "follow-ups/repeat",
    title: "the repeat of a success stores its follow-ups no second time",
    needs: ["capability:followUps"],
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      const followUps = someJobs(3);
      const settle = [{ ...fenceOf(job), outcome: toSucceed({ followUps }) }];
      await server.exchange({ settle });

      const { settled } = await server.exchange({ settle, repeat: true });

      assert.deepEqual(settled, ["already"]);
      assertSameItems(idsOf(await server.claim()), idsOf(followUps));
    },
  },
  {
    id: "follow-ups/deletion-requested",
    title: "a success wins over a requested deletion, and so do its follow-ups",
    needs: ["capability:followUps"],
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      await storage.control.delete({ ...anAct([job.id]), retainMs: HOUR_MS });
      const followUp = aJob();

      await server.settle(job, toSucceed({ followUps: [followUp] }));

      assert.equal(await stateOf(storage, followUp.id), "enqueued");
    },
  },
];
