import { median } from "../../figures.ts";
import type { Column, StoreScenario } from "../scenarios/store-scenario.ts";
import type { BenchSystem, Store } from "../systems/bench-system.ts";
import { numberText, spreadText } from "./numbers.ts";
import { figuresOf, resultsOf, type RunResult } from "./run-results.ts";
import { LIMIT } from "../limits/store-limit.ts";

export interface TableInput {
  readonly scenario: StoreScenario;
  readonly store: Store;
  readonly rttMs: number;
  readonly systems: readonly BenchSystem[];
  readonly results: readonly RunResult[];
}

/** The Markdown table of one scenario on one store; empty where nothing was measured. */
export function scenarioTable(input: TableInput): string {
  const { scenario, rttMs, systems, store } = input;
  const rows = systems.filter((system) => ofSystem(input, system.name).length > 0);
  if (rows.length === 0) return "";
  const [main] = scenario.columns;
  if (main === undefined) throw new Error(`${scenario.name} has no column`);
  const best = bestPeer(input, rows, main);
  const limit = figuresOf(ofSystem(input, LIMIT), main.figure);
  const titles = ["", ...scenario.columns.map(({ title }) => title), "÷ best peer"];
  if (limit.length > 0) titles.push("of the limit");
  const lines = [
    `### ${scenario.title}${rttMs === 0 ? "" : `, ${rttMs} ms round trip`} (\`${scenario.name}\`, ${storeTitles[store]})`,
    "",
    `| ${titles.join(" | ")} | |`,
    `|---|${"--:|".repeat(titles.length - 1)}---|`,
    ...rows.map((system) => row(input, system, best, limit)),
  ];
  if (limit.length > 0) lines.push(limitRow(input));
  return `${lines.join("\n")}\n`;
}

export const storeTitles: Readonly<Record<Store, string>> = {
  postgres: "PostgreSQL",
  redis: "Redis",
  mongodb: "MongoDB",
};

function row(
  input: TableInput,
  system: BenchSystem,
  best: number | undefined,
  limit: readonly number[],
): string {
  const { scenario } = input;
  const [main] = scenario.columns;
  const results = ofSystem(input, system.name);
  const values = figuresOf(results, main?.figure ?? "");
  const problems = new Set(results.flatMap(({ problem }) => problem ?? []));
  const isBold = system.isOurs ? "**" : "";
  const cells = [
    `${isBold}${system.title}${isBold}`,
    ...scenario.columns.map(({ figure }) => spreadText(figuresOf(results, figure))),
    shareText(values, best),
  ];
  if (limit.length > 0) {
    const own = system.keepsHistory ? figuresOf(ofSystem(input, LIMIT), "historyRate") : [];
    const isLess = main?.better === "less";
    cells.push(shareText(values, median(own.length > 0 ? own : limit), isLess));
  }
  return `| ${cells.join(" | ")} | ${[...problems].join("; ")} |`;
}

function limitRow(input: TableInput): string {
  const { scenario } = input;
  const results = ofSystem(input, LIMIT);
  const cells = scenario.columns.map(({ figure }) => spreadText(figuresOf(results, figure)));
  const history = figuresOf(results, "historyRate");
  const note = history.length === 0 ? "" : `with history ${spreadText(history)}`;
  return `| *raw limit of the server* | ${cells.join(" | ")} | | | ${note} |`;
}

/** A share of `whole`, or how many times it. */
function shareText(
  values: readonly number[],
  whole: number | undefined,
  isLess: boolean = false,
): string {
  if (values.length === 0 || whole === undefined || whole === 0) return "–";
  const share = median(values) / whole;
  return isLess ? `${numberText(share)} ×` : numberText(share);
}

function bestPeer(
  input: TableInput,
  systems: readonly BenchSystem[],
  { figure, better }: Column,
): number | undefined {
  const medians = systems
    .filter(({ isOurs }) => !isOurs)
    .map(({ name }) => figuresOf(ofSystem(input, name), figure))
    .filter((values) => values.length > 0)
    .map(median);
  if (medians.length === 0) return undefined;
  return better === "more" ? Math.max(...medians) : Math.min(...medians);
}

function ofSystem(input: TableInput, system: string): readonly RunResult[] {
  const { scenario, store, rttMs, results } = input;
  return resultsOf(results, { scenario: scenario.name, store, system, rttMs });
}
