// Runs every check of the repository, quick ones first, and reports all of them. Called by `npm test`,
// which has set up Node 24 and the dependencies; with arguments only the stages so named.
import { checkBoundaries } from "./check-boundaries.ts";
import { checkPackages } from "./check-packages.ts";
import { checkApiReport } from "./api-report.ts";
import { checkContractDoc } from "./contract-doc.ts";
import { Tally } from "./checks/tally.ts";
import { checkDeadCode, checkFormat, checkLint, checkTypes, runTests } from "./checks/tools.ts";
import { runSamples } from "./run-samples.ts";
import { runTypeTests } from "./run-type-tests.ts";

interface Stage {
  readonly name: string;
  readonly title: string;
  readonly run: () => Promise<Tally>;
  /** Runs beside no other stage: it takes both cores, or others read what it writes. */
  readonly alone?: true;
  /** Runs only where it is named. */
  readonly onRequest?: true;
}

/** What needs a server of a store. */
const testsWithServers = [
  "conformance/test/servers",
  "packages/postgres",
  "packages/redis",
  "packages/mongodb",
];

const stages: readonly Stage[] = [
  { name: "format", title: "Format", run: checkFormat },
  { name: "types", title: "Types", run: checkTypes },
  { name: "lint", title: "Lint", run: checkLint, alone: true },
  { name: "boundaries", title: "Boundaries", run: checkBoundaries },
  { name: "dead-code", title: "Dead code", run: checkDeadCode },
  { name: "unit", title: "Unit tests", run: () => runTests(["unit", "scripts"]), alone: true },
  { name: "conformance", title: "Conformance", run: () => runTests(["conformance"]), alone: true },
  {
    name: "containers",
    title: "Stores in containers",
    run: () =>
      runTests(["unit", "conformance"], {
        files: testsWithServers,
        environment: { REVO_TEST_SERVER_SOURCES: "docker" },
      }),
    alone: true,
    onRequest: true,
  },
  {
    name: "versions",
    title: "Stores on other versions of their servers",
    run: testVersions,
    alone: true,
    onRequest: true,
  },
  { name: "api", title: "API report", run: checkApiReport },
  { name: "contract", title: "Contract document", run: checkContractDoc },
  { name: "type-tests", title: "Type tests", run: runTypeTests },
  { name: "samples", title: "Samples", run: runSamples },
  { name: "packages", title: "Package checks", run: checkPackages },
];

const chosen = chooseStages(process.argv.slice(2));
const total = new Tally();
const failedStages: string[] = [];
for (const group of groupsOfTwo(chosen)) {
  const running = group.map((stage) => ({ stage, result: runStage(stage) }));
  for (const { stage, result } of running) print(stage, await result);
}
if (failedStages.length > 0) console.log(`\nFailed: ${failedStages.join(", ")}`);
console.log(`\n${total.summary}`);
process.exitCode = failedStages.length > 0 ? 1 : 0;

/** The ends of what a storage promises to work with, as far as packages have them. */
async function testVersions(): Promise<Tally> {
  const tally = new Tally();
  const fromPackages = { REVO_TEST_SERVER_SOURCES: "package" };
  const runs = [
    {
      files: ["packages/postgres"],
      environment: { ...fromPackages, REVO_TEST_POSTGRES_VERSION: "13" },
    },
    {
      files: ["packages/postgres"],
      environment: { ...fromPackages, REVO_TEST_POSTGRES_VERSION: "18" },
    },
    // Redis 6.2: the package has no other one.
    { files: ["packages/redis"], environment: fromPackages },
  ];
  for (const run of runs) {
    tally.add(await runTests(["unit"], run));
    // Whether a worker's clock is wrong makes no difference to the version of a server.
    tally.add(await runTests(["conformance"], { ...run, titles: "worker clock right" }));
  }
  return tally;
}

interface Finished {
  readonly tally: Tally;
  readonly seconds: number;
}

async function runStage(stage: Stage): Promise<Finished> {
  const startedAt = performance.now();
  const tally = await stage.run().catch((error: unknown) => {
    const crashed = new Tally();
    crashed.fail(
      stage.title,
      error instanceof Error ? (error.stack ?? error.message) : String(error),
    );
    return crashed;
  });
  // A check that can't fail is no check, and neither is one that looked at nothing.
  if (tally.passed + tally.failed === 0) tally.fail("it checked nothing");
  return { tally, seconds: (performance.now() - startedAt) / 1000 };
}

function print(stage: Stage, { tally, seconds }: Finished): void {
  console.log(
    `\n${tally.failed > 0 ? "✗" : "✓"} ${stage.title}: ${tally.summary} (${seconds.toFixed(1)} s)`,
  );
  for (const line of tally.lines.flatMap((text) => text.split("\n"))) console.log(`  ${line}`);
  total.pass(tally.passed);
  total.failed += tally.failed;
  total.skipped += tally.skipped;
  if (tally.failed > 0) failedStages.push(stage.name);
}

/** Neighbours in the list share the two cores, unless one of them wants to be alone. */
function groupsOfTwo(list: readonly Stage[]): readonly (readonly Stage[])[] {
  const groups: Stage[][] = [];
  for (const stage of list) {
    const last = groups.at(-1);
    const mayShare = last?.length === 1 && last[0]?.alone !== true && stage.alone !== true;
    if (mayShare) last.push(stage);
    else groups.push([stage]);
  }
  return groups;
}

function chooseStages(names: readonly string[]): readonly Stage[] {
  if (names.length === 0) return stages.filter((stage) => stage.onRequest !== true);
  const unknown = names.filter((name) => !stages.some((stage) => stage.name === name));
  if (unknown.length > 0) {
    const known = stages.map(({ name }) => name).join(", ");
    console.error(`There is no stage ${unknown.join(", ")}. The stages: ${known}`);
    process.exit(2);
  }
  return stages.filter(({ name }) => names.includes(name));
}
