import assert from "node:assert/strict";
import { enqueue, idsOf, recordOf } from "../assertions.ts";
import {
  aClaim,
  aJob,
  anAct,
  anError,
  HOUR_MS,
  MIB,
  toFail,
  toRelease,
  toRetry,
  toSucceed,
} from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aServer, fenceOf } from "../server-driver.ts";
import { tortureNames, tortureTexts } from "../torture-texts.ts";

const SEEDED_TEXTS = 200;

export const textsCases: readonly ConformanceCase[] = [
  ...tortureTexts.map(
    ({ name, text }): ConformanceCase => ({
      id: `texts/${name.toLowerCase().replaceAll(/[^a-z0-9]+/gu, "-")}`,
      title: `payload, envelope, result and error come back code unit for code unit (${name})`,
      async run({ storage }) {
        const job = aJob({ payload: text, envelope: text });
        await enqueue(storage, job);
        const server = await aServer(storage);
        const first = await server.claimOne();
        await server.settle(first, toRetry(0, anError({ text: text.slice(0, 2000) })));
        const second = await server.claimOne();
        await server.settle(second, toSucceed({ result: text }));

        const record = await recordOf(storage, job.id);

        assertSameText(first.payload, text);
        assertSameText(second.envelope, text);
        assertSameText(record.texts?.payload, text);
        assertSameText(record.texts?.envelope, text);
        assertSameText(record.texts?.result, text);
        assertSameText(record.history?.[0]?.error?.text, text.slice(0, 2000));
        const [outcome] = await storage.monitor.outcomes([job.id]);
        assertSameText(outcome?.result, text);
      },
    }),
  ),
  {
    id: "texts/seeded",
    title: "texts of random characters come back code unit for code unit",
    async run({ storage }) {
      const jobs = Array.from({ length: SEEDED_TEXTS }, (_, seed) =>
        aJob({ payload: randomText(seed), envelope: randomText(seed + SEEDED_TEXTS) }),
      );
      await enqueue(storage, ...jobs);
      const server = await aServer(storage);

      const claimed = await server.claim(SEEDED_TEXTS);

      assert.deepEqual(
        claimed.map((job) => [job.payload, job.envelope]),
        jobs.map((job) => [job.payload, job.envelope]),
      );
    },
  },
  {
    id: "texts/mebibyte",
    title: "a payload and a result of 1 MiB are stored whole",
    async run({ storage }) {
      const text = "x".repeat(MIB);
      await enqueue(storage, aJob({ payload: text }));
      const server = await aServer(storage);

      const job = await server.claimOne();
      await server.settle(job, toSucceed({ result: text }));

      assertSameText(job.payload, text);
      const [outcome] = await storage.monitor.outcomes([job.id]);
      assertSameText(outcome?.result, text);
    },
  },
  {
    id: "texts/mebibyte-multibyte",
    title: "1 MiB of characters of two, three and four bytes is stored whole",
    async run({ storage }) {
      const text = "ž日👍".repeat(Math.floor(MIB / 9));
      await enqueue(storage, aJob({ payload: text }));
      const server = await aServer(storage);

      const job = await server.claimOne();

      assertSameText(job.payload, text);
    },
  },
  {
    id: "texts/error-large",
    title: "an error of 8 KiB is kept whole",
    async run({ storage }) {
      const text = "ž".repeat(4096);
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();

      await server.settle(job, toFail({ error: anError({ text }) }));

      assertSameText((await recordOf(storage, job.id)).history?.at(-1)?.error?.text, text);
    },
  },
  {
    id: "texts/many-large",
    title: "many large payloads come back each with its own job",
    clocks: "once",
    async run({ storage }) {
      const jobs = Array.from({ length: 50 }, (_, index) =>
        aJob({ payload: `${index}:`.padEnd(100_000, "x") }),
      );
      await enqueue(storage, ...jobs);
      const server = await aServer(storage);

      const { jobs: claimed } = await server.exchange({ claim: aClaim({ limit: 50 }) });

      assert.deepEqual(idsOf(claimed), idsOf(jobs));
      for (const [index, job] of claimed.entries())
        assertSameText(job.payload, jobs[index]?.payload);
    },
  },
  {
    id: "texts/tags",
    title: "tags come back code unit for code unit, in their order",
    async run({ storage }) {
      for (let first = 0; first < tortureNames.length; first += 16) {
        const tags = tortureNames.slice(first, first + 16);
        const job = aJob({ tags });
        await enqueue(storage, job);

        assert.deepEqual((await recordOf(storage, job.id)).tags, tags);
      }
    },
  },
  {
    id: "texts/actors-and-reasons",
    title: "actors and reasons come back code unit for code unit",
    async run({ storage }) {
      const job = aJob();
      await enqueue(storage, job);
      for (const text of tortureNames) {
        await storage.control.move({
          ...anAct([job.id], { actor: text, reason: `${text}!` }),
          priority: 5,
        });

        const entry = (await recordOf(storage, job.id)).history?.at(-1);
        assert.deepEqual([entry?.actor, entry?.reason], [text, `${text}!`]);
      }
    },
  },
  {
    id: "texts/reasons-of-outcomes",
    title: "reasons and fingerprints of outcomes come back code unit for code unit",
    async run({ storage }) {
      const server = await aServer(storage);
      for (const text of tortureNames) {
        await enqueue(storage, aJob());
        const job = await server.claimOne();
        await server.settle(job, toFail({ reason: text, error: anError({ fingerprint: text }) }));

        const record = await recordOf(storage, job.id);

        assert.deepEqual([record.reason, record.fingerprint], [text, text]);
      }
    },
  },
  {
    id: "texts/server-info",
    title: "what a server tells of itself comes back code unit for code unit",
    async run({ storage }) {
      const server = await aServer(storage);
      for (const { text } of tortureTexts) {
        const info = text.slice(0, 4000);
        await server.heartbeat({ info });

        assertSameText((await storage.monitor.servers())[0]?.info, info);
      }
    },
  },
  {
    id: "texts/log-lines",
    title: "log lines come back code unit for code unit",
    needs: ["facet:reports"],
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      const at = new Date(Date.UTC(2027, 0, 1));
      const lines = tortureTexts.map(
        ({ text }) => ({ at, attempt: 1, level: "info", text: text.slice(0, 2000) }) as const,
      );

      await storage.reports?.report([{ ...fenceOf(job), lines }]);

      const told = await storage.reports?.logs(job.id, { limit: 1000 });
      assert.deepEqual(told?.lines, lines);
    },
  },
  {
    id: "texts/pause",
    title: "actor and reason of a pause come back code unit for code unit",
    async run({ storage }) {
      for (const text of tortureNames) {
        await storage.control.pauseQueue({ queue: "default", actor: text, reason: text });

        const [record] = await storage.monitor.queues();

        assert.deepEqual([record?.pause?.actor, record?.pause?.reason], [text, text]);
      }
    },
  },
  {
    id: "texts/after-release",
    title: "a payload that no parser takes is released and given again unchanged",
    async run({ storage }) {
      const text = tortureTexts.map((torture) => torture.text).join("\n");
      await enqueue(storage, aJob({ payload: text }));
      const server = await aServer(storage);
      await server.settle(await server.claimOne(), toRelease());
      await server.settle(await server.claimOne(), toRetry(0));

      assertSameText((await server.claimOne()).payload, text);
    },
  },
  {
    id: "texts/retained",
    title: "texts of a finished job are read as long as it is kept",
    async run({ storage, advance }) {
      const text = '"Příliš žluťoučký kůň"';
      await enqueue(storage, aJob({ payload: text }));
      const server = await aServer(storage);
      const job = await server.claimOne();
      await server.settle(job, toFail({ retainMs: 2 * HOUR_MS }));
      await advance(HOUR_MS);
      await storage.upkeep.prune(100);

      assertSameText((await recordOf(storage, job.id)).texts?.payload, text);
    },
  },
];

/** Says where two texts part: the difference of two long texts is no message. */
function assertSameText(actual: string | undefined, expected: string | undefined): void {
  if (actual === expected) return;
  const [one, other] = [actual ?? "", expected ?? ""];
  let at = 0;
  while (at < one.length && one.codePointAt(at) === other.codePointAt(at)) at++;
  assert.fail(
    `texts differ at ${at}: got ${actual === undefined ? "nothing" : JSON.stringify(one.slice(at, at + 20))}` +
      ` (length ${one.length}), expected ${JSON.stringify(other.slice(at, at + 20))} (length ${other.length})`,
  );
}

/** Up to 40 characters from all over Unicode, without U+0000 and surrogates. The same for the same seed. */
function randomText(seed: number): string {
  let state = (seed * 2_654_435_761 + 12_345) >>> 0;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % below;
  };
  const widths = [0x7f, 0xff, 0x7ff, 0xffff, 0x10ffff];
  let text = "";
  for (let length = next(40); length > 0; length--) {
    const codePoint = 1 + next((widths[next(widths.length)] ?? 0x7f) - 1);
    text += codePoint >= 0xd800 && codePoint <= 0xdfff ? "?" : String.fromCodePoint(codePoint);
  }
  return text;
}
