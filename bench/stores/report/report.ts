import { median } from "../../figures.ts";
import { storeScenarios } from "../scenarios/all-store-scenarios.ts";
import { loadSystem, systemNames } from "../systems/all-systems.ts";
import { type BenchSystem, stores } from "../systems/bench-system.ts";
import { goalsTable } from "./goals-table.ts";
import { numberText } from "./numbers.ts";
import type { RunResult, StoreRunRecord } from "./run-results.ts";
import { seriesTables } from "./series-table.ts";
import { scenarioTable, storeTitles } from "./scenario-table.ts";

/** Everything that some runs came to, in Markdown. Of what was measured more than once the last run counts. */
export async function reportOf(records: readonly StoreRunRecord[]): Promise<string> {
  const results = joined(records);
  const systems = await Promise.all(systemNames.map(loadSystem));
  const measured = systems.filter(({ name }) => results.some(({ system }) => system === name));
  const delays = [...new Set(results.map(({ rttMs }) => rttMs))].toSorted((a, b) => a - b);
  const tables = stores.flatMap((store) => {
    const ofStore = measured.filter((system) => system.store === store);
    if (ofStore.length === 0) return [];
    const ofScenarios = storeScenarios.flatMap((scenario) =>
      delays.map((rttMs) => scenarioTable({ scenario, store, rttMs, systems: ofStore, results })),
    );
    return [`## ${storeTitles[store]}\n`, ...ofScenarios, seriesTables(ofStore, results)];
  });
  return [
    ...records.map(conditions),
    goalsTable(results, storeScenarios),
    ...tables,
    settings(measured, records),
  ]
    .filter((part) => part !== "")
    .join("\n");
}

/** The results of several runs; of one place (scenario, store, system, delay) those of the last run that has it. */
export function joined(records: readonly StoreRunRecord[]): readonly RunResult[] {
  const places = new Map<string, { record: StoreRunRecord; results: RunResult[] }>();
  for (const record of records) {
    for (const result of record.results) {
      const { scenario, store, system, rttMs } = result;
      const place = `${scenario} ${store} ${system} ${rttMs}`;
      const known = places.get(place);
      if (known?.record === record) known.results.push(result);
      else places.set(place, { record, results: [result] });
    }
  }
  return [...places.values()].flatMap((place) => place.results);
}

function conditions(record: StoreRunRecord): string {
  const { startedAt, machine, run, sizes, arithmeticMs, loadAverages, servers, missing } = record;
  const loads = `${numberText(Math.min(...loadAverages))} to ${numberText(Math.max(...loadAverages))}`;
  const lines = [
    `Measured on ${startedAt.slice(0, 16).replace("T", " ")} UTC: ${machine}. Arithmetic loop ${numberText(median(arithmeticMs))} ms; load average ${loads}.`,
    `${run.rounds} round(s), interleaved; the figure is the median, [least–most] beside it.`,
    `${count(sizes.drainJobs)} jobs to drain, ${count(sizes.bulkJobs)} in bulk, ${count(sizes.backlogJobs)} in a backlog.`,
    // Without the folder, which is of no interest elsewhere.
    ...servers.map(
      ({ description, settings: own }) =>
        `${description.replace(/ \(.*\)$/, "")}: ${settingsText(own)}.`,
    ),
    ...missing.map((reason) => `Left out: ${reason}.`),
  ];
  return `${lines.map((line) => `- ${line}`).join("\n")}\n`;
}

function count(value: number): string {
  return value.toLocaleString("en");
}

function settingsText(own: Readonly<Record<string, string>>): string {
  return Object.entries(own)
    .map(([name, value]) => `${name} ${value === "" ? "none" : value}`)
    .join(", ");
}

function settings(systems: readonly BenchSystem[], records: readonly StoreRunRecord[]): string {
  const versions = Object.assign({}, ...records.map((record) => record.versions)) as Readonly<
    Record<string, string>
  >;
  const rows = systems.map((system) => {
    const { title, packageName, keepsHistory, bulk, share, settings: own } = system;
    const fewer = Object.entries(share ?? {}).map(([what, part]) => `${what} ${part * 100} %`);
    const profiles = Object.entries(own).map(
      ([profile, options]) => `${profile} \`${JSON.stringify(options)}\``,
    );
    return `| ${title} | ${versions[packageName] ?? "–"} | ${keepsHistory ? "kept" : "dropped"} | ${bulk.call}, ${bulk.chunk} × ${bulk.parallel} | ${fewer.join(", ")} | ${profiles.join("<br>")} |`;
  });
  return [
    "## Systems and their settings",
    "",
    "| | version | succeeded jobs | bulk, jobs a call × calls in flight | share of the jobs | settings |",
    "|---|---|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}
