import { type Binary, type Db, UUID } from "mongodb";
import { expect, it } from "vitest";
import { aClaim, registerServer, allSucceed, fill, someJobs } from "@revojs/conformance/fixtures";
import { aStorage } from "./a-storage.ts";
import { describeWithOwnServer } from "./own-server.ts";

const patience = { timeout: 60_000 };
/** Otherwise the server looks once a minute. */
const LOOKS_EVERY_SECOND = { arguments: ["--setParameter", "ttlMonitorSleepSecs=1"] };
const HOUR_MS = 3_600_000;

describeWithOwnServer(
  "mongodb",
  "finished jobs that nobody prunes",
  ({ url }) => {
    it("are removed by the server a day after their time, and no others", patience, async () => {
      const { storage, db } = await aStorage(url);
      await fill(storage, someJobs(5));
      const serverId = await registerServer(storage);
      const claim = aClaim({ limit: 3 });
      const { jobs } = await storage.exchange({ serverId, settle: [], claim });
      const settle = allSucceed(jobs, claim.token, HOUR_MS);
      await storage.exchange({ serverId, settle });
      const [old, late, kept] = jobs.map(({ id }) => id);
      await expireAgo(db, old, 25 * HOUR_MS);
      await expireAgo(db, late, 23 * HOUR_MS);

      const states = async () =>
        (await storage.monitor.get([old ?? "", late ?? "", kept ?? ""])).map((job) => job?.state);
      await expect.poll(states, patience).toEqual([undefined, "succeeded", "succeeded"]);
      expect(await storage.monitor.count({ states: ["enqueued"] }, { atMost: 10 })).toMatchObject({
        count: 2,
      });
    });
  },
  LOOKS_EVERY_SECOND,
);

async function expireAgo(db: Db, id: string | undefined, ageMs: number): Promise<void> {
  await db
    .collection<{ _id: Binary }>("revo_jobs")
    .updateOne({ _id: new UUID(id) }, [{ $set: { expiresAt: { $subtract: ["$$NOW", ageMs] } } }]);
}
