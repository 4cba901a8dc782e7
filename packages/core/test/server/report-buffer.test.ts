import { describe, expect, it } from "vitest";
import { RevoError } from "../../src/errors.ts";
import { EventHub } from "../../src/events/event-hub.ts";
import { ReportBuffer } from "../../src/server/report-buffer.ts";
import type { IJobReports, LogLine } from "../../src/storage/reports.ts";
import { anAttempt } from "./builders.ts";

type Items = Parameters<IJobReports["report"]>[0];

interface Kit {
  readonly buffer: ReportBuffer;
  readonly events: EventHub;
  readonly sent: Items[];
  readonly dirty: { times: number };
  readonly storage: { fails: boolean };
}

function aBuffer(maxBatch = 100): Kit {
  const sent: Items[] = [];
  const dirty = { times: 0 };
  const storage = { fails: false };
  const events = new EventHub();
  const buffer = new ReportBuffer({
    reports: {
      report: async (items) => {
        if (storage.fails) throw new RevoError("REVO_STORAGE_UNAVAILABLE", "away");
        sent.push(items);
        return items.map(() => "stored");
      },
      logs: async () => ({ lines: [], next: null }),
    },
    events,
    maxBatch,
    onDirty: () => (dirty.times += 1),
  });
  return { buffer, events, sent, dirty, storage };
}

const line = (text: string): LogLine => ({
  at: new Date(0),
  attempt: 1,
  level: "info",
  text,
});

describe("ReportBuffer", () => {
  it("sends the last progress and all lines of an attempt as one report", async () => {
    const { buffer, sent } = aBuffer();
    const attempt = anAttempt();
    for (let i = 0; i <= 10_000; i++) buffer.progress(attempt, i / 10_000);
    buffer.line(attempt, line("a"));
    buffer.line(attempt, line("b"));

    await buffer.flush();

    expect(sent).toEqual([
      [{ jobId: attempt.job.id, token: "1", progress: 1, lines: [line("a"), line("b")] }],
    ]);
  });

  it("asks for a flush when the first report is there, and not for each", async () => {
    const { buffer, dirty } = aBuffer();
    const attempt = anAttempt();
    buffer.progress(attempt, 0.1);
    buffer.progress(attempt, 0.2);
    buffer.progress(anAttempt(), 0.2);

    await buffer.flush();
    const before = dirty.times;
    buffer.progress(attempt, 0.3);

    expect([before, dirty.times]).toEqual([1, 2]);
  });

  it("has nothing to come back for when everything is sent, else in half a second", async () => {
    const { buffer } = aBuffer();
    buffer.progress(anAttempt(), 0.1);
    const nothingLeft = await buffer.flush();

    buffer.progress(anAttempt(), 0.1);
    const flushing = buffer.flush();
    buffer.progress(anAttempt(), 0.1);
    const oneLeft = await flushing;

    expect([nothingLeft, oneLeft]).toEqual([Number.POSITIVE_INFINITY, 500]);
  });

  it("sends no more items in one call than the storage takes", async () => {
    const { buffer, sent } = aBuffer(2);
    for (let i = 0; i < 5; i++) buffer.progress(anAttempt(), 0.5);

    await buffer.flush();

    expect(sent.map((items) => items.length)).toEqual([2, 2, 1]);
  });

  it("sends what ending attempts have left, and only that", async () => {
    const { buffer, sent } = aBuffer();
    const [ending, other, silent] = [anAttempt(), anAttempt(), anAttempt()];
    buffer.line(ending, line("last words"));
    buffer.line(other, line("later"));

    await buffer.flushOf([ending, silent]);

    expect(sent.map((items) => items.map(({ jobId }) => jobId))).toEqual([[ending.job.id]]);
    expect(buffer.flushOf([silent])).toBeNull();
  });

  it("reports an attempt once when it ends while a long flush is under way", async () => {
    const { buffer, sent } = aBuffer(1);
    const [first, second] = [anAttempt(), anAttempt()];
    buffer.progress(first, 0.1);
    buffer.progress(second, 0.2);

    await Promise.all([buffer.flush(), buffer.flushOf([second])]);

    expect(sent.flat().map(({ jobId }) => jobId)).toEqual([first.job.id, second.job.id]);
  });

  it("takes nothing more from an attempt that has ended", async () => {
    const { buffer, sent } = aBuffer();
    const attempt = anAttempt();
    attempt.ended = true;
    buffer.progress(attempt, 0.5);
    buffer.line(attempt, line("too late"));

    await buffer.flush();

    expect(sent).toEqual([]);
  });

  it("tells of last words that could not be sent, and does not hold back the end", async () => {
    const { buffer, events, storage } = aBuffer();
    const failures: unknown[] = [];
    events.on("loop.failed", ({ loop, error }) => failures.push([loop, error]));
    const attempt = anAttempt();
    buffer.progress(attempt, 0.5);
    storage.fails = true;

    await buffer.flushOf([attempt]);

    expect(failures).toEqual([["reports", expect.any(RevoError)]]);
  });

  it("row 40: keeps the newest thousand lines of a hundred thousand", async () => {
    const { buffer, sent } = aBuffer();
    const attempt = anAttempt();
    for (let i = 1; i <= 100_000; i++) buffer.line(attempt, line(`line ${i}`));

    await buffer.flush();

    const texts = sent[0]?.[0]?.lines?.map(({ text }) => text) ?? [];
    expect(texts).toHaveLength(1_000);
    expect([texts[0], texts.at(-1)]).toEqual(["line 99001", "line 100000"]);
  });

  it("cuts a line to 8 KiB without splitting a character", async () => {
    const { buffer, sent } = aBuffer();
    const attempt = anAttempt();
    const texts = [
      "x".repeat(10_000_000),
      "€".repeat(5_000),
      "🦀".repeat(5_000),
      "ä".repeat(4_096),
    ];
    for (const text of texts) buffer.line(attempt, line(text));

    await buffer.flush();

    const kept = sent[0]?.[0]?.lines?.map(({ text }) => text) ?? [];
    for (const text of kept) {
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(8_192);
      expect(Buffer.byteLength(text)).toBeGreaterThan(8_180);
      expect(text.isWellFormed()).toBe(true);
      expect(text).not.toContain("\ufffd");
    }
    expect(kept[3]).toBe(texts[3]);
  });

  it("does nothing where the storage keeps no reports", async () => {
    const buffer = new ReportBuffer({
      reports: null,
      events: new EventHub(),
      maxBatch: 100,
      onDirty: () => {
        throw new Error("nothing to flush");
      },
    });
    const attempt = anAttempt();
    buffer.progress(attempt, 0.5);
    buffer.line(attempt, line("a"));

    expect(await buffer.flush()).toBe(Number.POSITIVE_INFINITY);
    expect(buffer.flushOf([attempt])).toBeNull();
  });
});
