// The process of one scenario: runs it once and writes its figures as JSON.
import { scenarios } from "./scenarios/all-scenarios.ts";

const scenario = scenarios.find(({ name }) => name === process.argv[2]);
if (scenario === undefined) throw new Error(`Unknown scenario ${process.argv[2] ?? ""}`);
process.stdout.write(JSON.stringify(await scenario.run()));
