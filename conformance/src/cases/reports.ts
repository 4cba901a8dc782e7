import assert from "node:assert/strict";
import type { IJobReports, IJobStorage, LogLine } from "@revojs/core";
import { enqueue, recordOf } from "../assertions.ts";
import {
  aJob,
  anId,
  aToken,
  HOUR_MS,
  MINUTE_MS,
  someJobs,
  toRelease,
  toSucceed,
} from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aServer, fenceOf } from "../server-driver.ts";

export const reportsCases: readonly ConformanceCase[] = [
  {
    id: "reports/progress",
    title: "progress of a held job is stored and shown, the newest one",
    needs: ["facet:reports"],
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();

      const statuses = [];
      const shown = [];
      for (const progress of [0, 0.25, 1]) {
        statuses.push(...(await reportsOf(storage).report([{ ...fenceOf(job), progress }])));
        shown.push((await recordOf(storage, job.id)).progress);
      }

      assert.deepEqual(statuses, ["stored", "stored", "stored"]);
      assert.deepEqual(shown, [0, 0.25, 1]);
    },
  },
  {
    id: "reports/lines",
    title: "log lines come back oldest first, each as it was given",
    needs: ["facet:reports"],
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      const lines = [aLine("first", "debug"), aLine("second", "error"), aLine("third", "warn")];
      await reportsOf(storage).report([{ ...fenceOf(job), lines: lines.slice(0, 2) }]);
      await reportsOf(storage).report([{ ...fenceOf(job), lines: lines.slice(2) }]);

      const reply = await reportsOf(storage).logs(job.id, { limit: 100 });

      assert.deepEqual(reply.lines, lines);
      assert.equal(reply.next, null);
    },
  },
  {
    id: "reports/worker-time",
    title: "the time of a line is the worker's and is not changed",
    needs: ["facet:reports"],
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      const lines = [{ ...aLine("early"), at: new Date(Date.UTC(1999, 11, 31, 23, 59, 59, 999)) }];

      await reportsOf(storage).report([{ ...fenceOf(job), lines }]);

      assert.deepEqual((await reportsOf(storage).logs(job.id, { limit: 1 })).lines, lines);
    },
  },
  {
    id: "reports/progress-only",
    title: "a report of lines leaves the progress, one of progress leaves the lines",
    needs: ["facet:reports"],
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      await reportsOf(storage).report([{ ...fenceOf(job), progress: 0.5 }]);
      await reportsOf(storage).report([{ ...fenceOf(job), lines: [aLine("one")] }]);

      await reportsOf(storage).report([{ ...fenceOf(job), progress: 0.75 }]);

      assert.equal((await recordOf(storage, job.id)).progress, 0.75);
      assert.equal((await reportsOf(storage).logs(job.id, { limit: 10 })).lines.length, 1);
    },
  },
  {
    id: "reports/stale",
    title: "a report under another token is stale and changes nothing",
    needs: ["facet:reports"],
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      const before = await recordOf(storage, job.id);

      const statuses = await reportsOf(storage).report([
        { jobId: job.id, token: aToken(), progress: 0.9, lines: [aLine("zombie")] },
      ]);

      assert.deepEqual(statuses, ["stale"]);
      assert.deepEqual(await recordOf(storage, job.id), before);
      assert.deepEqual((await reportsOf(storage).logs(job.id, { limit: 10 })).lines, []);
    },
  },
  {
    id: "reports/stale-after-recovery",
    title: "what a lost attempt reports changes nothing of the next one",
    needs: ["facet:reports"],
    async run({ storage }) {
      await enqueue(storage, aJob());
      const dead = await aServer(storage);
      const lost = await dead.claimOne();
      await dead.recover();
      const server = await aServer(storage);
      const job = await server.claimOne();
      await reportsOf(storage).report([{ ...fenceOf(job), progress: 0.1 }]);

      const statuses = await reportsOf(storage).report([{ ...fenceOf(lost), progress: 0.9 }]);

      assert.deepEqual(statuses, ["stale"]);
      assert.equal((await recordOf(storage, job.id)).progress, 0.1);
    },
  },
  ...[toSucceed(), toRelease()].map(
    (outcome): ConformanceCase => ({
      id: `reports/stale-after-${outcome.kind}`,
      title: `a report after ${outcome.kind} is stale`,
      needs: ["facet:reports"],
      async run({ storage }) {
        await enqueue(storage, aJob());
        const server = await aServer(storage);
        const job = await server.claimOne();
        await server.settle(job, outcome);

        const statuses = await reportsOf(storage).report([{ ...fenceOf(job), progress: 0.9 }]);

        assert.deepEqual(statuses, ["stale"]);
      },
    }),
  ),
  {
    id: "reports/gone",
    title: "a report on a job that is not there answers `gone`",
    needs: ["facet:reports"],
    async run({ storage }) {
      const statuses = await reportsOf(storage).report([
        { jobId: anId(), token: aToken(), progress: 0.5 },
      ]);

      assert.deepEqual(statuses, ["gone"]);
    },
  },
  {
    id: "reports/batch",
    title: "a batch answers one status per report, in order; an empty one answers none",
    needs: ["facet:reports"],
    async run({ storage }) {
      await enqueue(storage, ...someJobs(2));
      const server = await aServer(storage);
      const [first, second] = await server.claim(2);
      assert.ok(first && second);

      const statuses = await reportsOf(storage).report([
        { ...fenceOf(first), progress: 0.5 },
        { jobId: anId(), token: aToken(), progress: 0.5 },
        { jobId: first.id, token: aToken(), progress: 0.6 },
        { ...fenceOf(second), progress: 0.7 },
      ]);

      assert.deepEqual(statuses, ["stored", "gone", "stale", "stored"]);
      assert.deepEqual(await reportsOf(storage).report([]), []);
    },
  },
  {
    id: "reports/paging",
    title: "pages of log lines together tell every line once, in order",
    needs: ["facet:reports"],
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      const lines = Array.from({ length: 25 }, (_, index) => aLine(`line ${index}`));
      await reportsOf(storage).report([{ ...fenceOf(job), lines }]);

      const told: LogLine[] = [];
      let page = await reportsOf(storage).logs(job.id, { limit: 4 });
      told.push(...page.lines);
      while (page.next !== null) {
        page = await reportsOf(storage).logs(job.id, { limit: 4, after: page.next });
        assert.ok(page.lines.length <= 4);
        told.push(...page.lines);
      }

      assert.deepEqual(told, lines);
    },
  },
  {
    id: "reports/newest-1000",
    title: "at least the newest 1000 lines of a job are kept",
    needs: ["facet:reports"],
    clocks: "once",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      for (let batch = 0; batch < 30; batch++) {
        const lines = Array.from({ length: 50 }, (_, index) => aLine(`${batch * 50 + index}`));
        await reportsOf(storage).report([{ ...fenceOf(job), lines }]);
      }

      const texts: string[] = [];
      let page = await reportsOf(storage).logs(job.id, { limit: 500 });
      texts.push(...page.lines.map((line) => line.text));
      while (page.next !== null) {
        page = await reportsOf(storage).logs(job.id, { limit: 500, after: page.next });
        texts.push(...page.lines.map((line) => line.text));
      }

      assert.deepEqual(
        texts.slice(-1000),
        Array.from({ length: 1000 }, (_, index) => `${500 + index}`),
      );
    },
  },
  {
    id: "reports/kept-and-pruned",
    title: "log lines are kept with the finished job and pruned with it",
    needs: ["facet:reports"],
    async run({ storage, advance }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      await reportsOf(storage).report([{ ...fenceOf(job), lines: [aLine("one")] }]);
      await server.settle(job, toSucceed({ retainMs: MINUTE_MS }));

      const kept = await reportsOf(storage).logs(job.id, { limit: 10 });
      await advance(HOUR_MS);
      await storage.upkeep.prune(100);
      const pruned = await reportsOf(storage).logs(job.id, { limit: 10 });

      assert.equal(kept.lines.length, 1);
      assert.deepEqual(pruned.lines, []);
    },
  },
  {
    id: "reports/no-lines",
    title: "a job without lines, or none at all, answers an empty page",
    needs: ["facet:reports"],
    async run({ storage }) {
      const job = aJob();
      await enqueue(storage, job);

      const pages = [
        await reportsOf(storage).logs(job.id, { limit: 10 }),
        await reportsOf(storage).logs(anId(), { limit: 10 }),
      ];

      assert.deepEqual(pages, [
        { lines: [], next: null },
        { lines: [], next: null },
      ]);
    },
  },
  {
    id: "reports/paging-while-written",
    title:
      "pages read while lines are written, and old ones dropped, tell no line twice and end with the newest",
    needs: ["facet:reports"],
    clocks: "once",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      const write = async (from: number): Promise<void> => {
        for (let first = from; first < from + 1500; first += 50) {
          const lines = Array.from({ length: 50 }, (_, index) => aLine(`${first + index}`));
          await reportsOf(storage).report([{ ...fenceOf(job), lines }]);
        }
      };
      await write(0);
      const first = await reportsOf(storage).logs(job.id, { limit: 300 });
      assert.ok(first.next);
      await write(1500);

      const numbers = first.lines.map((line) => Number(line.text));
      for (let after: string | null = first.next; after !== null; ) {
        const page: Awaited<ReturnType<IJobReports["logs"]>> = await reportsOf(storage).logs(
          job.id,
          { limit: 300, after },
        );
        numbers.push(...page.lines.map((line) => Number(line.text)));
        after = page.next;
      }

      assert.ok(
        numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0)),
      );
      assert.deepEqual(
        numbers.slice(-1000),
        Array.from({ length: 1000 }, (_, index) => 2000 + index),
      );
    },
  },
];

function aLine(text: string, level: LogLine["level"] = "info"): LogLine {
  return { at: new Date(Date.UTC(2027, 0, 1)), attempt: 1, level, text };
}

function reportsOf(storage: IJobStorage<unknown>): IJobReports {
  assert.ok(storage.reports);
  return storage.reports;
}
