import assert from "node:assert/strict";
import type { IJobStorage } from "@revojs/core";
import { enqueue, idsOf } from "../assertions.ts";
import { aClaim, aJob, aJobIn, anAct, HOUR_MS, MINUTE_MS, someJobs } from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aServer, type ServerDriver } from "../server-driver.ts";
import { WakeListener } from "../wake-listener.ts";

export const wakeUpsCases: readonly ConformanceCase[] = [
  {
    id: "wake/jobs",
    title: "a server that came back with nothing is woken by the next job of its queue",
    needs: ["facet:wakeUps"],
    async run({ storage }) {
      const { listener } = await aHungryServer(storage);

      await enqueue(storage, aJob());

      await listener.expect("jobs");
      await listener.close();
    },
  },
  {
    id: "wake/jobs-other-client",
    title: "a job enqueued through another client wakes as well",
    needs: ["facet:wakeUps"],
    async run({ storage, second }) {
      const producer = await second();
      const { listener } = await aHungryServer(storage);

      await enqueue(producer, aJob());

      await listener.expect("jobs");
      await listener.close();
    },
  },
  {
    id: "wake/jobs-any-queue",
    title: "a server is woken by a job of any of the queues that it hungers for",
    needs: ["facet:wakeUps"],
    async run({ storage }) {
      const { listener } = await aHungryServer(storage, ["a", "b", "c"]);

      await enqueue(storage, aJob({ queue: "c" }));

      await listener.expect("jobs");
      await listener.close();
    },
  },
  {
    id: "wake/short-claim",
    title: "a claim that came back short makes hungry, too",
    needs: ["facet:wakeUps"],
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const listener = await WakeListener.start(storage, server.id);
      const { jobs } = await server.exchange({ claim: aClaim({ limit: 5 }) });
      assert.equal(jobs.length, 1);

      await enqueue(storage, aJob());

      await listener.expect("jobs");
      await listener.close();
    },
  },
  {
    id: "wake/again",
    title: "a server that is hungry again is woken again",
    needs: ["facet:wakeUps"],
    async run({ storage }) {
      const { server, listener } = await aHungryServer(storage);

      for (let round = 0; round < 3; round++) {
        listener.clear();
        await enqueue(storage, aJob());
        await listener.expect("jobs");
        assert.equal((await server.claim()).length, 1);
      }

      await listener.close();
    },
  },
  {
    id: "wake/settle-keeps-hunger",
    title: "an exchange without a claim leaves the hunger as it was",
    needs: ["facet:wakeUps"],
    async run({ storage }) {
      const { server, listener } = await aHungryServer(storage);
      await server.exchange();

      await enqueue(storage, aJob());

      await listener.expect("jobs");
      await listener.close();
    },
  },
  {
    id: "wake/due",
    title: "a job that becomes the earliest due wakes a server, so that its timer is right",
    needs: ["facet:wakeUps"],
    async run({ storage }) {
      await enqueue(storage, aJobIn(HOUR_MS));
      const { listener } = await aHungryServer(storage);

      await enqueue(storage, aJobIn(MINUTE_MS));

      await listener.expect("due");
      await listener.close();
    },
  },
  {
    id: "wake/control-deletion",
    title: "a holder is woken when the deletion of its job is requested",
    needs: ["facet:wakeUps"],
    async run({ storage, second }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      const listener = await WakeListener.start(storage, server.id);

      await (await second()).control.delete({ ...anAct([job.id]), retainMs: HOUR_MS });

      await listener.expect("control");
      assert.deepEqual((await server.heartbeat()).deletions, [job.id]);
      await listener.close();
    },
  },
  {
    id: "wake/control-desired",
    title: "a server is woken when what it is to do has changed",
    needs: ["facet:wakeUps"],
    async run({ storage }) {
      const server = await aServer(storage);
      const listener = await WakeListener.start(storage, server.id);

      await storage.control.signalServer(server.id, "stop");

      await listener.expect("control");
      assert.equal((await server.heartbeat()).desired, "stop");
      await listener.close();
    },
  },
  {
    id: "wake/resume",
    title: "a resumed queue wakes a server that hungers for it",
    needs: ["facet:wakeUps"],
    async run({ storage }) {
      await enqueue(storage, aJob());
      await storage.control.pauseQueue({ queue: "default", actor: "alice", reason: "closed" });
      const { listener } = await aHungryServer(storage);

      await storage.control.resumeQueue({ queue: "default", actor: "alice" });

      await listener.expect("jobs");
      await listener.close();
    },
  },
  {
    id: "wake/not-needed",
    title: "a wake carries nothing that must arrive: without a listener all is found by asking",
    needs: ["facet:wakeUps"],
    async run({ storage }) {
      const { server, listener } = await aHungryServer(storage);
      await listener.close();
      const job = aJob();

      await enqueue(storage, job);

      assert.deepEqual(idsOf(await server.claim()), [job.id]);
    },
  },
  {
    id: "wake/closed",
    title: "a closed listener is not called any more, and closing twice is closing once",
    needs: ["facet:wakeUps"],
    async run({ storage }) {
      const closed = await aHungryServer(storage);
      const open = await aHungryServer(storage);
      await closed.listener.close();
      await closed.listener.close();
      closed.listener.clear();

      await storage.control.signalServer(closed.server.id, "stop");
      await storage.control.signalServer(open.server.id, "stop");
      await open.listener.expect("control");

      assert.deepEqual(closed.listener.received, []);
      await open.listener.close();
    },
  },
  {
    id: "wake/many-sleepers",
    title: "of many sleepers enough are woken for the jobs that came",
    needs: ["facet:wakeUps"],
    async run({ storage }) {
      const sleepers = [];
      for (let count = 0; count < 5; count++) sleepers.push(await aHungryServer(storage));

      await enqueue(storage, aJob());

      await Promise.any(sleepers.map(({ listener }) => listener.expect("jobs")));
      for (const { listener } of sleepers) await listener.close();
    },
  },
  {
    id: "wake/none-lost",
    title: "with exact wakes no job enqueued around an empty claim is left without a wake",
    needs: ["facet:wakeUps"],
    clocks: "once",
    async run({ storage, second }) {
      if (storage.wakeUps?.kind !== "exact") return;
      const producer = await second();
      const server = await aServer(storage);
      const listener = await WakeListener.start(storage, server.id);
      const jobs = someJobs(1000);
      let claimed = 0;

      for (const job of jobs) {
        listener.clear();
        const [reply] = await Promise.all([
          server.exchange({ claim: aClaim({ limit: 2 }) }),
          enqueue(producer, job),
        ]);
        claimed += reply.jobs.length;
        if (reply.jobs.length > 0) continue;
        await listener.expect("jobs");
        claimed += (await server.exchange({ claim: aClaim({ limit: 2 }) })).jobs.length;
      }
      claimed += (await server.claim()).length;

      assert.equal(claimed, jobs.length);
      await listener.close();
    },
  },
  {
    id: "wake/few",
    title: "one job wakes a few of many sleepers, not all of them",
    needs: ["facet:wakeUps"],
    async run({ storage }) {
      const sleepers = [];
      for (let count = 0; count < 30; count++) sleepers.push(await aHungryServer(storage));

      await enqueue(storage, aJob());
      await Promise.any(sleepers.map(({ listener }) => listener.expect("jobs")));
      // What comes after on the same way shows that no further wake is on it.
      for (const { server } of sleepers) await storage.control.signalServer(server.id, "quiet");
      for (const { listener } of sleepers) await listener.expect("control");

      const woken = sleepers.filter(({ listener }) => listener.received.includes("jobs"));
      assert.ok(woken.length <= 15, `${woken.length} of 30 were woken for one job`);
      for (const { listener } of sleepers) await listener.close();
    },
  },
  {
    id: "wake/full-claim",
    title: "with exact wakes a server that got all it asked for is not woken",
    needs: ["facet:wakeUps"],
    async run({ storage }) {
      if (storage.wakeUps?.kind !== "exact") return;
      const { server, listener } = await aHungryServer(storage);
      await enqueue(storage, ...someJobs(2));
      await listener.expect("jobs");
      assert.equal((await server.exchange({ claim: aClaim({ limit: 2 }) })).jobs.length, 2);
      listener.clear();

      await enqueue(storage, aJob());
      await storage.control.signalServer(server.id, "quiet");
      await listener.expect("control");

      assert.equal(listener.received.includes("jobs"), false);
      await listener.close();
    },
  },
  {
    id: "wake/requeue",
    title: "a job that an operator requeued wakes a server that hungers for it",
    needs: ["facet:wakeUps"],
    async run({ storage }) {
      const job = aJobIn(HOUR_MS);
      await enqueue(storage, job);
      const { listener } = await aHungryServer(storage);

      await storage.control.requeue({ ...anAct([job.id]), resetAttempts: false });

      await listener.expect("jobs");
      await listener.close();
    },
  },
  {
    id: "wake/rescheduled",
    title: "a job that an operator made the earliest due wakes a server",
    needs: ["facet:wakeUps"],
    async run({ storage }) {
      const job = aJobIn(2 * HOUR_MS);
      await enqueue(storage, job, aJobIn(HOUR_MS));
      const { listener } = await aHungryServer(storage);

      const start = { kind: "delay", delayMs: MINUTE_MS } as const;
      await storage.control.reschedule({ ...anAct([job.id]), start });

      await listener.expect("due");
      await listener.close();
    },
  },
];

async function aHungryServer(
  storage: IJobStorage<unknown>,
  queues: readonly string[] = ["default"],
): Promise<{ readonly server: ServerDriver; readonly listener: WakeListener }> {
  const server = await aServer(storage);
  const listener = await WakeListener.start(storage, server.id);
  assert.deepEqual(await server.claim(10, { queues }), []);
  listener.clear();
  return { server, listener };
}
