import { inspect } from "node:util";
import { expect, it } from "vitest";
import { job } from "../../src/handlers/define-job.ts";
import type { IJob } from "../../src/job/job.ts";
import type { StandardSchemaV1 } from "../../src/job/standard-schema.ts";
import type { NewJob } from "../../src/job/job-record.ts";
import type { ILogger } from "../../src/support/logger.ts";
import { Cluster } from "./cluster.ts";

const secret = "hunter2";

/** Says what it was given, as schemas do. */
const quoting: StandardSchemaV1 = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) => ({ issues: [{ message: `Bad value ${JSON.stringify(value)}` }] }),
  },
};

class Validated implements IJob {
  static readonly type = "validated";
  static readonly schema = quoting;
  readonly password = secret;
}

/** A job as another producer may have put it into the storage. */
function aStoredJob(number: number, content: Pick<NewJob, "type" | "payload">): NewJob {
  return {
    id: `00000000-0000-7000-8000-${String(number).padStart(12, "0")}`,
    queue: "default",
    priority: 5,
    envelope: "{}",
    tags: [],
    maxAttempts: 1,
    maxCrashes: 3,
    start: { kind: "now" },
    ...content,
  };
}

it("row 87: a secret in a payload is in no log line, error record or metric, however the job fails", async () => {
  await using cluster = await Cluster.open();
  const lines: unknown[] = [];
  const note = (...line: readonly unknown[]): void => void lines.push(line);
  const logger: ILogger = { debug: note, info: note, warn: note, error: note };
  await cluster.start({
    configure: (configuration) => configuration.useLogger(logger),
    jobs: (jobs) =>
      jobs
        .add(job("failing", ({ password }: { password?: { at: string } }) => password?.at.trim()))
        .add(job("returning", (payload: object) => ({ payload, at: Symbol("no JSON") })))
        .handle(Validated, async () => {}),
  });
  const text = JSON.stringify({ password: secret });
  const stored = [
    { type: "failing", payload: text },
    { type: "returning", payload: text },
    { type: "validated", payload: text },
    { type: "unknown", payload: text },
    { type: "failing", payload: secret },
    { type: "failing", payload: `{"password":${secret}}` },
    { type: "failing", payload: `{"password":"${secret}` },
    { type: "failing", payload: text, envelope: `{"v":1,"headers":{"x":${secret}}}` },
    {
      type: "failing",
      payload: text,
      envelope: JSON.stringify({ v: 1, m: { values: { password: ["bigint"] }, v: 1 } }),
    },
  ].map((content, index) => aStoredJob(index + 1, content));

  await cluster.memory.enqueue({ jobs: stored });
  await cluster.advance(61_000);

  const records = await Promise.all(stored.map(({ id }) => cluster.record(id)));
  const shown = records.map((record) => ({ ...record, texts: "left out" }));
  const metrics = await cluster.memory.metrics.read({
    from: new Date(0),
    to: new Date(cluster.clock.nowMs() + 60_000),
    stepMs: 60_000,
    groupBy: "type",
  });
  expect(records.filter(({ state }) => state === "failed")).toHaveLength(8);
  expect(lines.length).toBeGreaterThanOrEqual(8);
  expect(metrics.length).toBeGreaterThan(0);
  for (const told of [lines, shown, metrics]) {
    expect(inspect(told, { depth: null, maxStringLength: null })).not.toContain(secret);
  }
});
