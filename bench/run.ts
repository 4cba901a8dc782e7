// `npm run bench`: core on memory beside plain JavaScript, and the stores beside their peers.
import { type CommandLine, help, readCommandLine } from "./command-line.ts";
import { runMemory } from "./run-memory.ts";
import { runStores } from "./stores/run-stores.ts";

let commandLine: CommandLine | null;
try {
  commandLine = readCommandLine(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.error("--help lists what there is");
  process.exit(2);
}
if (commandLine === null) {
  console.log(help);
} else {
  const { memory, stores, quick, rounds, scenarios } = commandLine;
  if (memory) await runMemory({ rounds: rounds ?? (quick ? 1 : 5), scenarios });
  if (stores) await runStores({ ...commandLine, rounds: rounds ?? (quick ? 1 : 3) });
}
