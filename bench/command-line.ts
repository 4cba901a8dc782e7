import { parseArgs } from "node:util";
import { scenarios } from "./scenarios/all-scenarios.ts";
import type { StoreRun } from "./stores/run-plan.ts";
import { storeScenarios } from "./stores/scenarios/all-store-scenarios.ts";
import { systemNames } from "./stores/systems/all-systems.ts";
import { type Store, stores } from "./stores/systems/bench-system.ts";

/** What was asked for on the command line, checked. */
export type CommandLine =
  | { readonly kind: "help" }
  | {
      readonly kind: "report";
      /** Of raw figures. */
      readonly names: readonly string[];
      readonly toDocs: boolean;
    }
  | {
      readonly kind: "run";
      /** Core on memory beside plain JavaScript. */
      readonly memory: boolean;
      /** The stores beside their peers. */
      readonly stores: boolean;
      /** Absent: as many as each half has by default. */
      readonly rounds: number | undefined;
      readonly storeRun: Omit<StoreRun, "rounds">;
    };

const memoryNames = scenarios.map(({ name }) => name);
const storeNames = storeScenarios.map(({ name }) => name);

export const help = [
  "npm run bench [-- [memory] [stores] [options]]",
  "  memory            core and the memory storage beside plain JavaScript, some two minutes",
  "  stores            PostgreSQL, Redis and MongoDB beside the peers, some six hours",
  "                    neither: both",
  "  --quick           one round of a selection, some five minutes",
  "  --goals           stores: only what our goals compare, forty minutes",
  "  --rounds N        rounds of each scenario (memory: 5, stores: 3)",
  `  --store NAME      ${stores.join(", ")}`,
  "  --system NAME     only this one",
  "  --scenario NAME   only this one",
  "  --rtt MS          a delay of every round trip (0, and 1 as well for some; 0,1: both for all)",
  "  --scale FACTOR    so many times the jobs, for trying things out (1)",
  "  --soak-minutes N  how long a soak lasts (1)",
  "  --snapshot-minutes N  how long a reader's view is open at least before a drain (0)",
  "  --profile         stores: processor profiles of the workers, and what stands out in them",
  "  --name NAME       stores: the raw figures go to bench/results/NAME.json (stores)",
  "npm run bench -- report [NAME …] [--docs]",
  "  prints again what was measured before; --docs writes docs/performance.md",
  "Names may be repeated, or separated by commas.",
  "",
  `Scenarios of memory: ${memoryNames.join(", ")}`,
  `Scenarios of stores: ${storeNames.join(", ")}`,
  `Systems: ${systemNames.join(", ")}`,
].join("\n");

/**
 * Reads the command line.
 * @throws RangeError, TypeError Something in it is unknown; the message is for whoever typed it.
 */
export function readCommandLine(args: readonly string[]): CommandLine {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: "string" },
      quick: { type: "boolean", default: false },
      goals: { type: "boolean", default: false },
      scenario: { type: "string", multiple: true },
      store: { type: "string", multiple: true },
      system: { type: "string", multiple: true },
      rtt: { type: "string", multiple: true },
      scale: { type: "string", default: "1" },
      "soak-minutes": { type: "string" },
      "snapshot-minutes": { type: "string" },
      profile: { type: "boolean", default: false },
      name: { type: "string", default: "stores" },
      docs: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return { kind: "help" };
  const [first, ...rest] = positionals;
  if (first === "report") {
    const given = rest.flatMap((text) => text.split(","));
    return { kind: "report", names: given.length > 0 ? given : ["stores"], toDocs: values.docs };
  }
  const halves = names("half", positionals, ["memory", "stores"]);
  const storeRun = {
    quick: values.quick,
    goals: values.goals,
    scenarios: names("scenario", values.scenario, [...memoryNames, ...storeNames]),
    onlyStores: names("store", values.store, stores) as readonly Store[],
    systems: names("system", values.system, systemNames),
    rttMs: delays(values.rtt),
    scale: positive("scale", values.scale, false),
    soakMinutes: minutes("soak-minutes", values["soak-minutes"]),
    snapshotMinutes: minutes("snapshot-minutes", values["snapshot-minutes"]),
    profile: values.profile,
    name: values.name,
  };
  const { scenarios: chosen, onlyStores, systems, rttMs } = storeRun;
  const asksForStores =
    values.goals || onlyStores.length > 0 || systems.length > 0 || rttMs !== undefined;
  const wants = (half: string, own: readonly string[]): boolean =>
    (halves.length === 0 || halves.includes(half)) &&
    (chosen.length === 0 || chosen.some((name) => own.includes(name)));
  return {
    kind: "run",
    memory: wants("memory", memoryNames) && !asksForStores,
    stores: wants("stores", storeNames),
    rounds: values.rounds === undefined ? undefined : positive("rounds", values.rounds, true),
    storeRun,
  };
}

function names(
  kind: string,
  given: readonly string[] | undefined,
  known: readonly string[],
): readonly string[] {
  const all = (given ?? []).flatMap((text) => text.split(","));
  const unknown = all.find((name) => !known.includes(name));
  if (unknown === undefined) return all;
  throw new RangeError(`Unknown ${kind} "${unknown}": expected ${known.join(", ")}`);
}

function delays(given: readonly string[] | undefined): readonly number[] | undefined {
  return given
    ?.flatMap((text) => text.split(","))
    .map((text) => (text === "0" ? 0 : positive("rtt", text, true)));
}

function minutes(option: string, text: string | undefined): number | undefined {
  return text === undefined ? undefined : positive(option, text, false);
}

function positive(option: string, text: string, isWhole: boolean): number {
  const value = Number(text);
  if (value > 0 && (isWhole ? Number.isSafeInteger(value) : Number.isFinite(value))) return value;
  throw new RangeError(
    `Expected --${option} to be ${isWhole ? "an integer >= 1" : "greater than 0"}, got ${text}`,
  );
}
