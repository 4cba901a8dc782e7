import { median } from "../../figures.ts";
import { storeScenarios } from "../scenarios/all-store-scenarios.ts";
import { loadSystem, systemNames } from "../systems/all-systems.ts";
import { stores } from "../systems/bench-system.ts";
import { barChartSvg } from "./bar-chart.ts";
import { figuresOf, resultsOf, type RunResult } from "./run-results.ts";
import { LIMIT } from "../limits/store-limit.ts";
import { storeTitles } from "./scenario-table.ts";

export interface Chart {
  /** Without a folder. */
  readonly file: string;
  readonly title: string;
  readonly svg: string;
}

/** What is worth a picture. */
const charted = ["drain", "drain-default", "bulk", "in-flight", "latency"];

/** Charts of the scenarios that most people ask for, one for each store that was measured. */
export async function chartsOf(results: readonly RunResult[]): Promise<readonly Chart[]> {
  const systems = await Promise.all(systemNames.map(loadSystem));
  const scenarios = storeScenarios.filter(({ name }) => charted.includes(name));
  return stores.flatMap((store) =>
    scenarios.flatMap((scenario) => {
      const [main] = scenario.columns;
      if (main === undefined) return [];
      const titles = systems
        .filter((system) => system.store === store)
        .map(({ name, title, isOurs }) => ({ name, title, isOurs }));
      const all = [...titles, { name: LIMIT, title: "raw limit of the server", isOurs: false }];
      const bars = all.flatMap(({ name, title, isOurs }) => {
        const at = { scenario: scenario.name, store, system: name, rttMs: 0 };
        const values = figuresOf(resultsOf(results, at), main.figure);
        if (values.length === 0) return [];
        const spread = { least: Math.min(...values), most: Math.max(...values) };
        return [{ label: title, value: median(values), ...spread, isOurs }];
      });
      if (bars.length < 2) return [];
      const title = `${storeTitles[store]}: ${scenario.title}`;
      const unit = `${main.title}, ${main.better} is better`;
      const svg = barChartSvg({ title, unit, bars });
      return [{ file: `${store}-${scenario.name}.svg`, title, svg }];
    }),
  );
}
