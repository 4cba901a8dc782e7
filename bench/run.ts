// `npm run bench`: core on memory beside plain JavaScript, and the stores beside their peers.
import { type CommandLine, help, readCommandLine } from "./command-line.ts";
import { runMemory } from "./run-memory.ts";
import { writeReport } from "./stores/report/write-report.ts";
import { runStores } from "./stores/run-stores.ts";

let commandLine: CommandLine;
try {
  commandLine = readCommandLine(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.error("--help lists what there is");
  process.exit(2);
}

switch (commandLine.kind) {
  case "help":
    console.log(help);
    break;
  case "report":
    await writeReport(commandLine.names, commandLine.toDocs);
    break;
  case "run": {
    const { memory, stores, rounds } = commandLine;
    const { quick, scenarios } = commandLine.storeRun;
    if (memory) await runMemory({ rounds: rounds ?? (quick ? 1 : 5), scenarios });
    if (stores) await runStores({ ...commandLine.storeRun, rounds: rounds ?? (quick ? 1 : 3) });
  }
}
