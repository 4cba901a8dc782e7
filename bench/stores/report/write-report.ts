import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chartsOf } from "./charts.ts";
import { readRecord, resultsFolder } from "./record-files.ts";
import { joined, reportOf } from "./report.ts";

const docs = join(import.meta.dirname, "..", "..", "..", "docs");
/** What is above it in the document was written by hand, and stays. */
const MARKER =
  "<!-- Written by `npm run bench -- report --docs`; what is below is lost by the next run of it. -->";

/**
 * Reports what was measured before.
 * @param names Of the raw figures; of what was measured more than once the last one counts.
 * @param toDocs Into `docs/performance.md` with charts, instead of a table on the screen.
 */
export async function writeReport(names: readonly string[], toDocs: boolean): Promise<void> {
  const records = names.map(readRecord);
  const text = await reportOf(records);
  const charts = await chartsOf(joined(records));
  const folder = toDocs ? join(docs, "performance") : join(resultsFolder, "charts");
  mkdirSync(folder, { recursive: true });
  for (const { file, svg } of charts) writeFileSync(join(folder, file), svg);
  if (!toDocs) {
    console.log(text);
    console.log("Charts: bench/results/charts");
    return;
  }
  const document = join(docs, "performance.md");
  const [byHand = "# Performance\n\n"] = readText(document).split(MARKER);
  const images = charts.map(({ file, title }) => `![${title}](performance/${file})`).join("\n\n");
  writeFileSync(document, `${byHand}${MARKER}\n\n${images}\n\n${text}`);
  console.log("docs/performance.md");
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "# Performance\n\n";
  }
}
