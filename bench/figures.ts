import type { Figures, Scenario } from "./scenarios/scenario.ts";

export interface Round {
  readonly scenario: string;
  readonly round: number;
  readonly figures: Figures;
}

/** The value in the middle; of an even number the lower one. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  if (middle === undefined) throw new RangeError("No values");
  return middle;
}

/** The value that `share` (0..1) of the sorted values do not exceed. */
export function quantile(sorted: readonly number[], share: number): number {
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  if (value === undefined) throw new RangeError("No values");
  return value;
}

/** A Markdown table: median of each figure with its least and greatest value. */
export function figuresTable(
  scenarios: readonly Scenario[],
  rounds: readonly Round[],
  arithmeticMs: readonly number[],
): string {
  const lines = ["", "| scenario | figure | median | least | most |", "|---|---|---:|---:|---:|"];
  lines.push(row("arithmetic loop", "ms", arithmeticMs));
  for (const { name, title } of scenarios) {
    const own = rounds.filter(({ scenario }) => scenario === name);
    for (const figure of Object.keys(own[0]?.figures ?? {})) {
      const values = own.flatMap(({ figures }) => figures[figure] ?? []);
      lines.push(row(title, figure, values));
    }
  }
  return lines.join("\n");
}

function row(title: string, figure: string, values: readonly number[]): string {
  const [middle, least, most] = [median(values), Math.min(...values), Math.max(...values)];
  return `| ${title} | ${figure} | ${text(middle)} | ${text(least)} | ${text(most)} |`;
}

function text(value: number): string {
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString("en");
  return value.toPrecision(3);
}
