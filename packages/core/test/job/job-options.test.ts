import { describe, expect, it } from "vitest";
import { resolveEnqueueOptions } from "../../src/job/enqueue-options.ts";
import { defaultTypeOptions, resolveTypeOptions } from "../../src/job/job-options.ts";
import { refusalOf } from "./thrown-by.ts";

const nowMs = Date.parse("2026-06-01T00:00:00Z");
const dayMs = 24 * 60 * 60 * 1000;

function refusal(options: Readonly<Record<string, unknown>>): string {
  return refusalOf(() => resolveEnqueueOptions(options, defaultTypeOptions, nowMs, ""));
}

describe("the defaults of a job type", () => {
  it("are those of the documentation", () => {
    expect(defaultTypeOptions).toEqual({
      queue: "default",
      priority: 5,
      maxAttempts: 10,
      maxCrashes: 3,
      timeoutMs: null,
      retry: { kind: "exponential", firstMs: 2000, factor: 2, maxMs: 3_600_000, jitter: "full" },
      tags: [],
      retention: { succeededMs: dayMs, failedMs: 14 * dayMs, deletedMs: dayMs },
      discardAfterMs: null,
      exclusive: false,
    });
  });

  it("are what no options come to", () => {
    expect(resolveTypeOptions({}, "")).toEqual(defaultTypeOptions);
  });
});

describe("the options of a job type", () => {
  it("win over the defaults they are given", () => {
    const defaults = resolveTypeOptions({ queue: "slow", priority: 9, exclusive: true }, "");

    const resolved = resolveTypeOptions(
      { priority: 0, timeout: "30 s", retention: { failed: "1 d" } },
      "",
      defaults,
    );

    expect(resolved).toEqual({
      ...defaultTypeOptions,
      queue: "slow",
      priority: 0,
      exclusive: true,
      timeoutMs: 30_000,
      retention: { succeededMs: dayMs, failedMs: dayMs, deletedMs: dayMs },
    });
  });

  it("may have a function as retry policy", () => {
    const { retry } = resolveTypeOptions({ retry: (attempt) => attempt * 5 }, "");

    expect(retry).toEqual({ kind: "function", delay: expect.any(Function) });
  });

  it("are named under their path", () => {
    expect(refusalOf(() => resolveTypeOptions({ priority: 12 }, "SendInvoice"))).toBe(
      "REVO_ARGUMENT_INVALID SendInvoice.priority",
    );
  });

  it("refuse an `exclusive` that is no boolean", () => {
    expect(refusalOf(() => resolveTypeOptions({ exclusive: 1 as never }, ""))).toBe(
      "REVO_ARGUMENT_INVALID exclusive",
    );
  });
});

describe("an enqueue without options", () => {
  it("is the same object each time, so that it costs nothing", () => {
    const type = resolveTypeOptions({ queue: "mail" }, "");

    const first = resolveEnqueueOptions(undefined, type, nowMs, "");
    const second = resolveEnqueueOptions(undefined, type, nowMs + 1, "");

    expect(first).toBe(second);
    expect(first).toEqual(resolveEnqueueOptions({}, type, nowMs, ""));
    expect(first).toMatchObject({ queue: "mail", start: { kind: "now" }, reject: false });
  });
});

describe("an enqueue with nothing but a queue", () => {
  it("is the same object for each job of a type and queue", () => {
    const first = resolveEnqueueOptions({ queue: "mail" }, defaultTypeOptions, 0, "");
    const again = resolveEnqueueOptions({ queue: "mail" }, defaultTypeOptions, 0, "[3]");
    const other = resolveEnqueueOptions({ queue: "files" }, defaultTypeOptions, 0, "");

    expect(again).toBe(first);
    expect(first.queue).toBe("mail");
    expect(other.queue).toBe("files");
    expect(Object.isFrozen(first)).toBe(true);
  });

  it("holds for one job type only", () => {
    const urgent = resolveTypeOptions({ priority: 0 }, "options");

    const plain = resolveEnqueueOptions({ queue: "mail" }, defaultTypeOptions, 0, "");
    const ofType = resolveEnqueueOptions({ queue: "mail" }, urgent, 0, "");

    expect([plain.priority, ofType.priority]).toEqual([5, 0]);
  });

  it("is refused each time when the name is wrong", () => {
    for (const path of ["[0]", "[1]"]) {
      expect(() => resolveEnqueueOptions({ queue: "No!" }, defaultTypeOptions, 0, path)).toThrow(
        `${path}.queue`,
      );
    }
  });

  it("comes out right however many queues there are", () => {
    const names = Array.from({ length: 300 }, (_, i) => `q${i}`);

    const queues = names.map(
      (queue) => resolveEnqueueOptions({ queue }, defaultTypeOptions, 0, "").queue,
    );

    expect(queues).toEqual(names);
  });
});

describe("the options of an enqueue", () => {
  it("win over those of the job type", () => {
    const type = resolveTypeOptions(
      { queue: "mail", priority: 1, tags: ["type"], discardAfterMs: 5 },
      "",
    );

    const resolved = resolveEnqueueOptions(
      { queue: "bulk", maxAttempts: 1, tags: ["job"], discardAfterMs: 7 },
      type,
      nowMs,
      "",
    );

    expect(resolved).toMatchObject({
      queue: "bulk",
      priority: 1,
      maxAttempts: 1,
      tags: ["job"],
      discardAfterMs: 7,
    });
  });

  it("hold timeout, retry and retention only when the job brings its own", () => {
    const type = resolveTypeOptions({ timeout: 5, retention: { failed: 7 } }, "");

    const without = resolveEnqueueOptions({ priority: 1 }, type, nowMs, "");
    const own = resolveEnqueueOptions(
      { timeout: 6, retry: { kind: "fixed", delay: 1 }, retention: { succeeded: 0 } },
      type,
      nowMs,
      "",
    );

    expect(Object.keys(without)).not.toContain("timeoutMs");
    expect(Object.keys(without)).not.toContain("retry");
    expect(Object.keys(without)).not.toContain("retention");
    expect(own).toMatchObject({
      timeoutMs: 6,
      retry: { kind: "fixed", delayMs: 1 },
      retention: { succeededMs: 0, failedMs: 7, deletedMs: dayMs },
    });
  });

  it("that are undefined count as not given", () => {
    const options = { delay: undefined, runAt: undefined, queue: undefined, id: undefined };

    expect(resolveEnqueueOptions(options as never, defaultTypeOptions, nowMs, "")).toEqual(
      resolveEnqueueOptions(undefined, defaultTypeOptions, nowMs, ""),
    );
  });

  it("of no delay start now", () => {
    const { start } = resolveEnqueueOptions({ delay: 0 }, defaultTypeOptions, nowMs, "");

    expect(start).toEqual({ kind: "now" });
  });

  it("hold the digest of a unique key, and the key for people", () => {
    const resolved = resolveEnqueueOptions(
      { uniqueKey: { key: "capture-42", onConflict: "reject" } },
      defaultTypeOptions,
      nowMs,
      "",
    );

    expect(resolved.unique?.key).toMatch(/^[\w-]{43}$/);
    expect(resolved).toMatchObject({ reject: true, uniqueReadable: "capture-42" });
  });

  it("cannot have a function as retry policy, which no storage could keep", () => {
    expect(refusal({ retry: () => 5 })).toBe("REVO_ARGUMENT_INVALID retry");
  });

  it("refuse a discardAfterMs of nothing", () => {
    expect(refusal({ discardAfterMs: 0 })).toBe("REVO_DURATION_INVALID discardAfterMs");
  });

  it("do not change when the caller's arrays and objects do", () => {
    const tags = ["a"];
    const headers: Record<string, string> = { tenant: "a" };

    const resolved = resolveEnqueueOptions({ tags, headers }, defaultTypeOptions, nowMs, "");
    tags.push("b");
    headers["tenant"] = "b";

    expect(resolved).toMatchObject({ tags: ["a"], headers: { tenant: "a" } });
  });
});

describe("headers", () => {
  it("are at most 64 texts of at most 8 KiB together", () => {
    const entries = Array.from({ length: 65 }, (_, i) => [`h${i}`, ""]);
    const most = Object.fromEntries(entries.slice(1)) as Record<string, string>;

    expect(resolveEnqueueOptions({ headers: most }, defaultTypeOptions, nowMs, "").headers).toEqual(
      most,
    );
    expect(refusal({ headers: Object.fromEntries(entries) })).toBe("REVO_ARGUMENT_INVALID headers");
    expect(refusal({ headers: { a: "x".repeat(8200) } })).toBe("REVO_ARGUMENT_INVALID headers");
  });

  it.each([
    [null, "headers"],
    [[], "headers"],
    ["a", "headers"],
    [{ a: 5 }, "headers.a"],
    [{ a: undefined }, "headers.a"],
    [{ "": "a" }, "headers."],
    [JSON.parse('{"__proto__":"a"}'), "headers.__proto__"],
  ])("are refused as %j", (headers, path) => {
    expect(refusal({ headers })).toBe(`REVO_ARGUMENT_INVALID ${path}`);
  });
});
