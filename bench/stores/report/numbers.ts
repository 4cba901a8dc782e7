import { median } from "../../figures.ts";

/** A number for a table: three significant digits, thousands separated. */
export function numberText(value: number): string {
  const size = Math.abs(value);
  if (size >= 1_000) return Math.round(value).toLocaleString("en");
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  return size >= 1 || size === 0 ? value.toFixed(2) : value.toPrecision(2);
}

/** Median, and from least to most where there is more than one; a dash where there is none. */
export function spreadText(values: readonly number[]): string {
  if (values.length === 0) return "–";
  const middle = numberText(median(values));
  if (values.length === 1) return middle;
  return `${middle} [${numberText(Math.min(...values))}–${numberText(Math.max(...values))}]`;
}
