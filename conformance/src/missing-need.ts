import type { JobOrder } from "@revojs/core";
import type { ConformanceCase, ConformanceNeed } from "./conformance-case.ts";
import type { StorageUnderTest } from "./storage-harness.ts";

type NeedKind = "facet" | "capability" | "filter" | "order" | "hook";
type FacetNeed = "wakeUps" | "transactions" | "reports" | "metrics";
type CapabilityNeed = "followUps";
type HookNeed = "second" | "work" | "snapshot" | "corrupt";

/** The reason why a case cannot run on this store, as a sentence for people; `undefined` when it can. */
export function missingNeed(
  testCase: ConformanceCase,
  store: StorageUnderTest,
): string | undefined {
  const missing = (testCase.needs ?? []).find((need) => !isMet(need, store));
  return missing === undefined ? undefined : reasonFor(missing);
}

function isMet(need: ConformanceNeed, store: StorageUnderTest): boolean {
  const [kind, name] = partsOf(need);
  const { storage } = store;
  const { capabilities, monitor } = storage;
  switch (kind) {
    case "facet":
      return name === "suggest"
        ? monitor.suggest !== undefined
        : storage[name as FacetNeed] !== undefined;
    case "capability":
      return capabilities[name as CapabilityNeed] !== undefined;
    case "filter":
      return Object.hasOwn(capabilities.filters, name);
    case "order":
      return name === "natural" || capabilities.orders.includes(name as JobOrder);
    case "hook":
      return store[name as HookNeed] !== undefined;
  }
}

function reasonFor(need: ConformanceNeed): string {
  const [kind, name] = partsOf(need);
  if (kind === "hook") return `the harness offers no \`${name}\``;
  return `the storage does not declare the ${kind} \`${name}\``;
}

function partsOf(need: ConformanceNeed): readonly [kind: NeedKind, name: string] {
  const [kind, name] = need.split(":");
  return [kind as NeedKind, name ?? ""];
}
