import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { measureArithmeticLoop } from "./arithmetic-loop.ts";
import { figuresTable, type Round } from "./figures.ts";
import { describeMachine } from "./machine.ts";
import { runScenario } from "./run-scenario.ts";
import { scenarios } from "./scenarios/all-scenarios.ts";

export interface MemoryRun {
  readonly rounds: number;
  /** Names; empty: all. */
  readonly scenarios: readonly string[];
}

/** Runs the scenarios of core and memory storage, each in a process of its own, rounds interleaved; prints medians with their spread. */
export async function runMemory(run: MemoryRun): Promise<void> {
  const { rounds } = run;
  const chosen = scenarios.filter(
    ({ name }) => run.scenarios.length === 0 || run.scenarios.includes(name),
  );
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

  const machine = describeMachine();
  console.log(`\n${machine}; ${rounds} round(s), interleaved, each in a process of its own`);
  console.log(figuresTable(chosen, results, arithmetic));

  const folder = join(import.meta.dirname, "results");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "latest.json");
  writeFileSync(file, `${JSON.stringify({ machine, arithmetic, results }, null, 1)}\n`);
  console.log("\nRaw figures: bench/results/latest.json");
}
