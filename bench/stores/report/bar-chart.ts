import { numberText } from "./numbers.ts";

export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly least: number;
  readonly most: number;
  readonly isOurs: boolean;
}

export interface BarChart {
  readonly title: string;
  /** Of the values, with whether more or less is better. */
  readonly unit: string;
  readonly bars: readonly Bar[];
}

const WIDTH = 760;
const LABELS = 250;
const ROW = 26;
const TOP = 44;

/** A chart with a bar for each value and its spread, as SVG that suits a light and a dark page. */
export function barChartSvg({ title, unit, bars }: BarChart): string {
  const greatest = Math.max(...bars.map(({ most }) => most));
  const room = WIDTH - LABELS - 90;
  const x = (value: number): number => LABELS + (value / greatest) * room;
  const height = TOP + bars.length * ROW + 8;
  const rows = bars.flatMap((bar, index) => {
    const middle = TOP + index * ROW + ROW / 2;
    return [
      `<text x="${LABELS - 8}" y="${middle + 4}" text-anchor="end"${bar.isOurs ? ' class="ours"' : ""}>${escaped(bar.label)}</text>`,
      `<rect x="${LABELS}" y="${middle - 8}" width="${rounded(x(bar.value) - LABELS)}" height="16" class="${bar.isOurs ? "our-bar" : "bar"}"/>`,
      `<line x1="${rounded(x(bar.least))}" x2="${rounded(x(bar.most))}" y1="${middle}" y2="${middle}" class="spread"/>`,
      `<text x="${rounded(x(bar.most) + 6)}" y="${middle + 4}">${numberText(bar.value)}</text>`,
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(title)}">`,
    "<style>",
    "text { font: 12px system-ui, sans-serif; fill: #1f2328 } .title { font-size: 14px; font-weight: 600 } .ours { font-weight: 600 }",
    ".bar { fill: #8c959f } .our-bar { fill: #0969da } .spread { stroke: #1f2328; stroke-width: 1.5 }",
    "@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .bar { fill: #6e7681 } .our-bar { fill: #4493f8 } .spread { stroke: #e6edf3 } }",
    "</style>",
    `<text x="8" y="18" class="title">${escaped(title)}</text>`,
    `<text x="8" y="35">${escaped(unit)}</text>`,
    ...rows,
    "</svg>",
    "",
  ].join("\n");
}

function rounded(value: number): string {
  return value.toFixed(1);
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
