import type { NewJob } from "@revojs/core";
import { describe, expect, it } from "vitest";
import { groupsOf } from "../src/enqueue.ts";

/** Where a group says whether its bodies are even: after how many groups there are and the twelve fields of the first. */
const EVEN_AT = 13;

describe("jobs that are alike but for their payloads", () => {
  it("make an even group, whose heads the script need not put together one by one", () => {
    const values = groupsOf([aJob(1), aJob(2), aJob(3)]);

    expect(values[0]).toBe(1);
    expect(values[EVEN_AT]).toBe(1);
  });

  it("make none where a payload is not ASCII: equally long bodies may have payloads of other lengths", () => {
    const values = groupsOf([aJob(1), aJob(2, { payload: '{"name":"Jürgen"}' })]);

    expect(values[0]).toBe(1);
    expect(values[EVEN_AT]).toBe(0);
  });

  it.each([
    ["envelopes", { envelope: '{"v":1,"h":{"tenant":"acme"}}' }],
    ["tags", { tags: ["urgent"] }],
  ])("make none where their %s differ", (_what, other) => {
    const values = groupsOf([aJob(1), aJob(2, other)]);

    expect(values[0]).toBe(1);
    expect(values[EVEN_AT]).toBe(0);
  });
});

function aJob(number: number, more: Partial<NewJob> = {}): NewJob {
  return {
    id: `00000000-0000-7000-8000-00000000000${number}`,
    type: "send",
    queue: "default",
    priority: 5,
    payload: `{"number":${number}}`,
    envelope: '{"v":1}',
    tags: [],
    maxAttempts: 10,
    maxCrashes: 3,
    start: { kind: "now" },
    ...more,
  };
}
