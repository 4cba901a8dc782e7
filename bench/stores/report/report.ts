import { median } from "../../figures.ts";
import { describeMachine } from "../../machine.ts";
import type { RunPlan } from "../run-plan.ts";
import type { StoreRunRecord } from "./run-results.ts";
import type { BenchSystem } from "../systems/bench-system.ts";
import { packageVersion } from "../versions.ts";
import { goalsTable } from "./goals-table.ts";
import { numberText } from "./numbers.ts";
import { scenarioTable } from "./scenario-table.ts";

/** Everything that a run came to, in Markdown. */
export function report(record: StoreRunRecord, plan: RunPlan): string {
  const { run, results } = record;
  const tables = plan.stores.flatMap((store) =>
    plan.scenarios.flatMap((scenario) =>
      run.rttMs.map((rttMs) => {
        const systems = plan.systems.filter((system) => system.store === store);
        return scenarioTable({ scenario, store, rttMs, systems, results });
      }),
    ),
  );
  return [conditions(record), goalsTable(results, plan.scenarios), ...tables, settings(plan)]
    .filter((part) => part !== "")
    .join("\n");
}

function conditions({
  startedAt,
  run,
  sizes,
  arithmeticMs,
  servers,
  missing,
}: StoreRunRecord): string {
  const lines = [
    `Measured ${startedAt.slice(0, 16).replace("T", " ")} UTC: ${describeMachine()}.`,
    `Arithmetic loop ${numberText(median(arithmeticMs))} ms. ${run.rounds} round(s), interleaved; medians [least–most].`,
    ...servers.map(
      ({ description, settings: own }) =>
        `${description}: ${Object.entries(own)
          .map(([name, value]) => `${name} ${value === "" ? "none" : value}`)
          .join(", ")}.`,
    ),
    ...missing.map((reason) => `Left out: ${reason}.`),
    `Jobs: ${sizes.drainJobs.toLocaleString("en")} to drain, ${sizes.bulkJobs.toLocaleString("en")} in bulk, a backlog of ${sizes.backlogJobs.toLocaleString("en")}; fewer for slow systems (see below).`,
  ];
  return `${lines.map((line) => `- ${line}`).join("\n")}\n`;
}

function settings({ systems }: RunPlan): string {
  const lines = systems.map(describeSystem);
  return ["### Systems and their settings", "", ...lines, ""].join("\n");
}

function describeSystem(system: BenchSystem): string {
  const { title, packageName, keepsHistory, bulk, share } = system;
  const parts = [
    `**${title}** ${packageVersion(packageName)}`,
    keepsHistory ? "keeps succeeded jobs" : "drops succeeded jobs",
    `bulk by ${bulk.call}, ${bulk.chunk} at a time, ${bulk.parallel} in flight`,
    ...Object.entries(share ?? {}).map(([what, part]) => `${what}: ${part * 100} % of the jobs`),
    ...Object.entries(system.settings).map(
      ([profile, options]) => `${profile} \`${JSON.stringify(options)}\``,
    ),
  ];
  return `- ${parts.join("; ")}`;
}
