import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeEnvelope, encodeEnvelope, type JobEnvelope } from "../../src/job/envelope.ts";
import {
  type ResolvedStoredRetryPolicy,
  resolveStoredRetryPolicy,
} from "../../src/job/retry-policy.ts";
import { refusalOf } from "./thrown-by.ts";

const anyRetry: fc.Arbitrary<ResolvedStoredRetryPolicy> = fc
  .constantFrom(
    { kind: "exponential" as const, first: "1 s" as const, factor: 1.5 },
    { kind: "exponential" as const, jitter: "none" as const },
    { kind: "fixed" as const, delay: 5 },
    { kind: "fixed" as const, delay: 5, jitter: "full" as const },
    { kind: "list" as const, delays: [0, 5] },
  )
  .map((policy) => resolveStoredRetryPolicy(policy, "retry"));

const anyEnvelope: fc.Arbitrary<JobEnvelope> = fc.record(
  {
    version: fc.integer({ min: 1, max: 1000 }),
    headers: fc.dictionary(
      fc.string({ minLength: 1 }).filter((name) => name !== "__proto__"),
      fc.string({ unit: "binary" }),
      { maxKeys: 4, noNullPrototype: true },
    ),
    meta: fc.jsonValue().filter((meta) => !JSON.stringify(meta).includes("__proto__")),
    timeoutMs: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    retry: anyRetry,
    retention: fc.record({ succeededMs: fc.nat(), failedMs: fc.nat(), deletedMs: fc.nat() }),
    uniqueKey: fc.string({ minLength: 1 }),
  },
  { requiredKeys: ["version", "headers"] },
);

describe("an envelope", () => {
  it("comes back equal", () => {
    fc.assert(
      fc.property(anyEnvelope, (envelope) => {
        // Through JSON first: what JSON makes of -0 is not the envelope's doing.
        const given = JSON.parse(JSON.stringify(envelope)) as JobEnvelope;

        expect(decodeEnvelope(encodeEnvelope(given))).toEqual(given);
      }),
      { numRuns: 500 },
    );
  });

  it("that says nothing takes two bytes", () => {
    expect(encodeEnvelope({ version: 1, headers: {} })).toBe("{}");
    expect(decodeEnvelope("{}")).toEqual({ version: 1, headers: {} });
  });

  it("has the same text for the same content, so that many jobs share one", () => {
    const first = encodeEnvelope({ version: 2, headers: { tenant: "a" }, timeoutMs: 5 });
    const second = encodeEnvelope({ timeoutMs: 5, headers: { tenant: "a" }, version: 2 });

    expect(first).toBe(second);
    expect(decodeEnvelope(first)).toBe(decodeEnvelope(second));
  });

  it("is frozen, since it may be shared", () => {
    const envelope = decodeEnvelope(
      '{"h":{"tenant":"a"},"r":{"kind":"list","delaysMs":[1]},"k":[1,2,3]}',
    );

    expect(Object.isFrozen(envelope)).toBe(true);
    expect(Object.isFrozen(envelope.headers)).toBe(true);
    expect(Object.isFrozen(envelope.retry)).toBe(true);
    expect(Object.isFrozen(envelope.retention)).toBe(true);
  });

  it("is not remembered for ever", () => {
    const text = '{"h":{"tenant":"first"}}';
    const first = decodeEnvelope(text);

    for (let version = 2; version < 100; version++) {
      decodeEnvelope(`{"v":${version}}`);
    }

    expect(decodeEnvelope(text)).toEqual(first);
    expect(decodeEnvelope(text)).not.toBe(first);
  });

  it("is right for every text, however many there are", () => {
    for (let round = 0; round < 2; round++) {
      for (let version = 2; version < 100; version++) {
        expect(decodeEnvelope(`{"v":${version}}`).version).toBe(version);
      }
    }
  });

  it("passes over what a later version has written", () => {
    expect(decodeEnvelope('{"v":3,"z":{"later":true}}')).toEqual({ version: 3, headers: {} });
  });

  it.each([
    "",
    "null",
    "[]",
    "5",
    "{",
    '{"v":0}',
    '{"v":1.5}',
    '{"v":"2"}',
    '{"h":[]}',
    '{"h":{"a":1}}',
    '{"h":{"__proto__":"a"}}',
    '{"t":0}',
    '{"r":null}',
    '{"r":{"kind":"function"}}',
    '{"r":{"kind":"fixed","delayMs":-1}}',
    '{"r":{"kind":"exponential","firstMs":1,"factor":0,"maxMs":1}}',
    '{"r":{"kind":"list","delaysMs":[]}}',
    '{"k":[1,2]}',
    '{"k":[1,2,null]}',
    '{"u":5}',
  ])("is corrupt as %j, and stays so", (text) => {
    expect(refusalOf(() => decodeEnvelope(text))).toBe("REVO_JOB_CORRUPT");
    expect(refusalOf(() => decodeEnvelope(text))).toBe("REVO_JOB_CORRUPT");
  });
});
