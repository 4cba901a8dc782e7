// Runs every scenario in a process of its own, rounds interleaved, and prints medians with their spread.
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { measureArithmeticLoop } from "./arithmetic-loop.ts";
import { figuresTable, type Round } from "./figures.ts";
import { runScenario } from "./run-scenario.ts";
import { scenarios } from "./scenarios/all-scenarios.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    quick: { type: "boolean", default: false },
    scenario: { type: "string", multiple: true },
    help: { type: "boolean", default: false },
  },
});

if (values.help) {
  console.log(
    [
      "npm run bench [-- options]",
      "  --rounds N        rounds of each scenario (5)",
      "  --quick           one round",
      `  --scenario NAME   only this one, may be repeated: ${scenarios.map(({ name }) => name).join(", ")}`,
    ].join("\n"),
  );
  process.exit(0);
}

const rounds = values.quick ? 1 : Number(values.rounds);
if (!Number.isSafeInteger(rounds) || rounds < 1) {
  console.error(`Expected --rounds to be an integer >= 1, got ${values.rounds}`);
  process.exit(2);
}
const unknown = values.scenario?.find((name) => !scenarios.some((known) => known.name === name));
if (unknown !== undefined) {
  console.error(`Unknown scenario "${unknown}"; --help lists them`);
  process.exit(2);
}
const chosen = scenarios.filter(({ name }) => values.scenario?.includes(name) ?? true);

const results: Round[] = [];
const arithmetic: number[] = [];
for (let round = 1; round <= rounds; round++) {
  arithmetic.push(measureArithmeticLoop());
  for (const { name } of chosen) {
    const figures = await runScenario(name);
    results.push({ scenario: name, round, figures });
    process.stderr.write(`round ${round}/${rounds}: ${name}\n`);
  }
}

const machine = `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown processor"}`;
console.log(`\n${machine}; ${rounds} round(s), interleaved, each in a process of its own`);
console.log(figuresTable(chosen, results, arithmetic));

const folder = join(import.meta.dirname, "results");
mkdirSync(folder, { recursive: true });
const file = join(folder, "latest.json");
writeFileSync(file, `${JSON.stringify({ machine, arithmetic, results }, null, 1)}\n`);
console.log("\nRaw figures: bench/results/latest.json");
