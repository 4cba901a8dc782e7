import { readFile } from "node:fs/promises";
import { jobStorageCases, runCase, skewsOf, workerClockSkewsMs } from "@revojs/conformance";
import { describe, expect, it } from "vitest";
import { memoryHarness } from "./memory-harness.ts";

const ids = jobStorageCases.map((testCase) => testCase.id);

describe("the list of cases", () => {
  it("has no id twice", () => {
    const twice = ids.filter((id, index) => ids.indexOf(id) !== index);

    expect(twice).toEqual([]);
  });

  it("has ids of the form group/name", () => {
    const odd = ids.filter((id) => !/^[a-z-]+\/[a-zA-Z0-9-]+$/u.test(id));

    expect(odd).toEqual([]);
  });

  it("is the committed list: an id is never renamed and never dropped, a new one is added to it", async () => {
    const committed = await readFile(new URL("case-ids.txt", import.meta.url), "utf8");

    expect(ids.toSorted()).toEqual(committed.trim().split("\n"));
  });

  it("has titles that are sentences, each its own", () => {
    const titles = jobStorageCases.map((testCase) => testCase.title);

    expect(new Set(titles).size).toBe(titles.length);
    expect(titles.filter((title) => title.length < 15 || title.endsWith("."))).toEqual([]);
  });

  it("has cases for each facet that the contract has so far", () => {
    const needs = new Set(jobStorageCases.flatMap((testCase) => testCase.needs ?? []));

    expect([...needs].filter((need) => need.startsWith("facet:")).toSorted()).toEqual([
      "facet:metrics",
      "facet:reports",
      "facet:suggest",
      "facet:transactions",
      "facet:wakeUps",
    ]);
  });
});

describe("runCase", () => {
  const passing = {
    id: "self/passing",
    title: "a case that passes",
    run: async (): Promise<void> => {},
  };

  it("runs each case under three worker clocks, a dear one under the right one only", () => {
    expect(skewsOf(passing)).toEqual(workerClockSkewsMs);
    expect(skewsOf({ ...passing, clocks: "once" })).toEqual([0]);
  });

  it("skips what the storage does not declare, with the reason", async () => {
    const testCase = { ...passing, needs: ["facet:transactions"] as const };

    const outcome = await runCase(testCase, memoryHarness());

    expect(outcome).toEqual({
      kind: "skipped",
      reason: "the storage does not declare the facet `transactions`",
    });
  });

  it("skips what the harness does not offer, with the reason", async () => {
    const testCase = { ...passing, needs: ["hook:second"] as const };

    const outcome = await runCase(testCase, memoryHarness());

    expect(outcome).toEqual({ kind: "skipped", reason: "the harness offers no `second`" });
  });

  it("closes the storage and removes the store, also when the case fails", async () => {
    const events: string[] = [];
    const memory = memoryHarness();
    const harness = {
      name: "watched",
      async create(options: Parameters<typeof memory.create>[0]) {
        const store = await memory.create(options);
        return {
          ...store,
          dispose: async (): Promise<void> => {
            await expect(store.storage.monitor.servers()).rejects.toThrow(/not open/u);
            events.push("disposed");
          },
        };
      },
    };
    const failing = {
      ...passing,
      run: async (): Promise<void> => {
        throw new Error("the case failed");
      },
    };

    await expect(runCase(failing, harness)).rejects.toThrow("the case failed");

    expect(events).toEqual(["disposed"]);
  });

  it("gives a storage with transactions no way to skip their cases", async () => {
    const memory = memoryHarness((storage) => {
      const transactions = {};
      return new Proxy(storage, {
        get: (target, name): unknown => {
          if (name === "transactions") return transactions;
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    });
    const testCase = jobStorageCases.find((one) => one.id === "transactions/commit") ?? passing;

    await expect(runCase(testCase, memory)).rejects.toThrow("offers no `beginTransaction`");
  });
});
