import type { Moment } from "../scenarios/store-scenario.ts";
import type { BenchSystem } from "../systems/bench-system.ts";
import { numberText } from "./numbers.ts";
import type { RunResult } from "./run-results.ts";
import { storeTitles } from "./scenario-table.ts";

const columns: readonly { readonly title: string; readonly value: (moment: Moment) => number }[] = [
  { title: "after s", value: ({ seconds }) => seconds },
  { title: "jobs/s", value: ({ rate }) => rate },
  { title: "p50 ms", value: ({ p50 }) => p50 },
  { title: "p99 ms", value: ({ p99 }) => p99 },
  { title: "tables MiB", value: ({ tablesMib }) => tablesMib },
  { title: "indexes MiB", value: ({ indexesMib }) => indexesMib },
  { title: "worker MiB", value: ({ workerMib }) => workerMib },
];

/** How runs of our own went over time, a table for each; of a peer only the beginning and the end are told, elsewhere. */
export function seriesTables(
  systems: readonly BenchSystem[],
  results: readonly RunResult[],
): string {
  const own = systems.filter(({ isOurs }) => isOurs);
  return own
    .flatMap((system) =>
      results.flatMap(({ system: name, scenario, series }) =>
        name === system.name && series !== undefined ? [table(system, scenario, series)] : [],
      ),
    )
    .join("\n");
}

function table({ title, store }: BenchSystem, scenario: string, series: readonly Moment[]): string {
  const rows = series.map(
    (moment) => `| ${columns.map(({ value }) => numberText(value(moment))).join(" | ")} |`,
  );
  return [
    `### ${title} over time (\`${scenario}\`, ${storeTitles[store]})`,
    "",
    `| ${columns.map((column) => column.title).join(" | ")} |`,
    `|${"--:|".repeat(columns.length)}`,
    ...rows,
    "",
  ].join("\n");
}
