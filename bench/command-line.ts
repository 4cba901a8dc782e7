import { parseArgs } from "node:util";
import { scenarios } from "./scenarios/all-scenarios.ts";
import { storeScenarios } from "./stores/scenarios/all-store-scenarios.ts";
import { systemNames } from "./stores/systems/all-systems.ts";
import { type Store, stores } from "./stores/systems/bench-system.ts";

/** What was asked for on the command line, checked. */
export interface CommandLine {
  /** Which halves: core on memory, the stores beside their peers. */
  readonly memory: boolean;
  readonly stores: boolean;
  readonly quick: boolean;
  /** Absent: as many as each half has by default. */
  readonly rounds: number | undefined;
  /** Names; empty: all. */
  readonly scenarios: readonly string[];
  readonly onlyStores: readonly Store[];
  readonly systems: readonly string[];
  readonly rttMs: readonly number[];
  readonly scale: number;
  readonly profile: boolean;
}

const memoryNames = scenarios.map(({ name }) => name);
const storeNames = storeScenarios.map(({ name }) => name);

export const help = [
  "npm run bench [-- [memory] [stores] [options]]",
  "  memory            core and the memory storage beside plain JavaScript, some two minutes",
  "  stores            PostgreSQL, Redis and MongoDB beside the peers, some two hours",
  "                    neither: both",
  "  --quick           one round of a selection, some five minutes",
  "  --rounds N        rounds of each scenario (memory: 5, stores: 3)",
  `  --store NAME      ${stores.join(", ")}`,
  "  --system NAME     only this one",
  "  --scenario NAME   only this one",
  "  --rtt MS          add a delay to every round trip (0; 0,1 for both)",
  "  --scale FACTOR    so many times the jobs, for trying things out (1)",
  "  --profile         stores: processor profiles of the workers, and what stands out in them",
  "Names may be repeated, or separated by commas.",
  "",
  `Scenarios of memory: ${memoryNames.join(", ")}`,
  `Scenarios of stores: ${storeNames.join(", ")}`,
  `Systems: ${systemNames.join(", ")}`,
].join("\n");

/**
 * Reads the command line. `null`: help was asked for.
 * @throws RangeError Something in it is unknown; the message is for whoever typed it.
 */
export function readCommandLine(args: readonly string[]): CommandLine | null {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: "string" },
      quick: { type: "boolean", default: false },
      scenario: { type: "string", multiple: true },
      store: { type: "string", multiple: true },
      system: { type: "string", multiple: true },
      rtt: { type: "string", multiple: true },
      scale: { type: "string", default: "1" },
      profile: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return null;
  const halves = names("half", positionals, ["memory", "stores"]);
  const chosen = names("scenario", values.scenario, [...memoryNames, ...storeNames]);
  const onlyStores = names("store", values.store, stores) as readonly Store[];
  const systems = names("system", values.system, systemNames);
  const asksForStores = onlyStores.length > 0 || systems.length > 0 || values.rtt !== undefined;
  const wants = (half: string, own: readonly string[]): boolean =>
    (halves.length === 0 || halves.includes(half)) &&
    (chosen.length === 0 || chosen.some((name) => own.includes(name)));
  return {
    memory: wants("memory", memoryNames) && !asksForStores,
    stores: wants("stores", storeNames),
    quick: values.quick,
    rounds: values.rounds === undefined ? undefined : positive("rounds", values.rounds, true),
    scenarios: chosen,
    onlyStores,
    systems,
    rttMs: (values.rtt ?? ["0"])
      .flatMap((text) => text.split(","))
      .map((text) => (text === "0" ? 0 : positive("rtt", text, true))),
    scale: positive("scale", values.scale, false),
    profile: values.profile,
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

function positive(option: string, text: string, isWhole: boolean): number {
  const value = Number(text);
  if (value > 0 && (isWhole ? Number.isSafeInteger(value) : Number.isFinite(value))) return value;
  throw new RangeError(
    `Expected --${option} to be ${isWhole ? "an integer >= 1" : "greater than 0"}, got ${text}`,
  );
}
