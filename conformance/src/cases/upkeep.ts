import assert from "node:assert/strict";
import { assertStamped, enqueue, idsOf, nowOf } from "../assertions.ts";
import { aJob, aJobIn, DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, someJobs } from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aServer } from "../server-driver.ts";

export const upkeepCases: readonly ConformanceCase[] = [
  {
    id: "upkeep/turn",
    title: "one caller in an interval gets the turn, then the next one",
    async run({ storage, advance, slackMs }) {
      const turns = [
        await storage.upkeep.takeTurn("prune", HOUR_MS),
        await storage.upkeep.takeTurn("prune", HOUR_MS),
      ];
      await advance(HOUR_MS - slackMs - 1);
      turns.push(await storage.upkeep.takeTurn("prune", HOUR_MS));
      await advance(slackMs + 1);
      turns.push(await storage.upkeep.takeTurn("prune", HOUR_MS));

      assert.deepEqual(turns, [true, false, false, true]);
    },
  },
  {
    id: "upkeep/turn-tasks",
    title: "each task has its own turns",
    async run({ storage }) {
      const turns = [
        await storage.upkeep.takeTurn("prune", HOUR_MS),
        await storage.upkeep.takeTurn("repair", HOUR_MS),
        await storage.upkeep.takeTurn("prune", HOUR_MS),
      ];

      assert.deepEqual(turns, [true, true, false]);
    },
  },
  {
    id: "upkeep/turn-race",
    title: "of many callers at once exactly one gets the turn",
    async run({ storage, second }) {
      const clients = [storage, await second()];

      const turns = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          (clients[index % 2] ?? storage).upkeep.takeTurn("prune", MINUTE_MS),
        ),
      );

      assert.equal(turns.filter(Boolean).length, 1);
    },
  },
  {
    id: "upkeep/turn-late",
    title: "after a long silence there is one turn, not one for each interval missed",
    async run({ storage, advance }) {
      await storage.upkeep.takeTurn("prune", SECOND_MS);
      await advance(HOUR_MS);

      const turns = [
        await storage.upkeep.takeTurn("prune", MINUTE_MS),
        await storage.upkeep.takeTurn("prune", MINUTE_MS),
      ];

      assert.deepEqual(turns, [true, false]);
    },
  },
  {
    id: "upkeep/repair-sound",
    title: "repair of a sound store changes nothing",
    async run({ storage }) {
      const [running, waiting, scheduled] = [aJob(), aJob(), aJobIn(HOUR_MS)];
      await enqueue(storage, running, waiting, scheduled);
      const server = await aServer(storage);
      await server.claimOne();
      const ids = idsOf([running, waiting, scheduled]);
      const before = await storage.monitor.get(ids);

      for (let more = true; more; ) more = (await storage.upkeep.repair(100)).more;

      assert.deepEqual(await storage.monitor.get(ids), before);
      assert.equal((await server.heartbeat()).lease, "held");
    },
  },
  {
    id: "upkeep/beside-work",
    title: "upkeep of every kind beside claims disturbs none of them",
    async run({ storage, second }) {
      const other = await second();
      const jobs = someJobs(40);
      await enqueue(storage, ...jobs);
      const server = await aServer(storage);

      const [claimed] = await Promise.all([
        server.claim(40),
        other.upkeep.promote(10),
        other.upkeep.prune(10),
        other.upkeep.repair(10),
        other.upkeep.promote(10),
      ]);

      assert.equal(claimed.length, 40);
    },
  },
  {
    id: "upkeep/corrupt-claim",
    title: "a row that cannot be read is failed as `corrupt` or skipped, and the others are given",
    needs: ["hook:corrupt"],
    async run({ storage, corrupt, slackMs }) {
      const jobs = someJobs(10);
      await enqueue(storage, ...jobs);
      const [bad, ...good] = jobs;
      assert.ok(bad);
      await corrupt(bad.id);
      const nowMs = await nowOf(storage);
      const server = await aServer(storage);

      const claimed = await server.claim(10);

      assert.deepEqual(idsOf(claimed), idsOf(good));
      const [record] = await storage.monitor.get([bad.id]);
      if (record?.state !== "failed") return;
      assert.equal(record.reason, "corrupt");
      assertStamped(record.expiresAt, nowMs + 14 * DAY_MS, slackMs);
    },
  },
  {
    id: "upkeep/corrupt-due",
    title: "a due row that cannot be read keeps no other job from becoming due",
    needs: ["hook:corrupt"],
    async run({ storage, corrupt, advance }) {
      const jobs = someJobs(10, { start: { kind: "delay", delayMs: MINUTE_MS } });
      await enqueue(storage, ...jobs);
      const [bad, ...good] = jobs;
      assert.ok(bad);
      await corrupt(bad.id);
      await advance(HOUR_MS);
      const server = await aServer(storage);

      const claimed = await server.claim(10);

      assert.deepEqual(idsOf(claimed), idsOf(good));
    },
  },
  {
    id: "upkeep/corrupt-processing",
    title: "a processing row that cannot be read keeps no other job from being recovered",
    needs: ["hook:corrupt"],
    async run({ storage, corrupt }) {
      const jobs = someJobs(10);
      await enqueue(storage, ...jobs);
      const dead = await aServer(storage);
      await dead.claim(10);
      const [bad, ...good] = jobs;
      assert.ok(bad);
      await corrupt(bad.id);

      await dead.recover();

      const server = await aServer(storage);
      const claimed = await server.claim(10);
      assert.deepEqual(idsOf(claimed), idsOf(good));
    },
  },
  {
    id: "upkeep/corrupt-shown",
    title: "a row that cannot be read is shown as `corrupt`, and lists go on",
    needs: ["hook:corrupt"],
    async run({ storage, corrupt }) {
      const [bad, good] = [aJob(), aJob()];
      await enqueue(storage, bad, good);
      await corrupt(bad.id);

      const { jobs } = await storage.monitor.find({
        filter: {},
        order: "natural",
        limit: 10,
        scanLimit: 1000,
        detail: "full",
      });

      assert.ok(idsOf(jobs).includes(good.id));
      const shown = jobs.find((job) => job.id === bad.id);
      if (shown !== undefined) assert.equal(shown.corrupt, true);
    },
  },
];
