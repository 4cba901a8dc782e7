import { median } from "../../figures.ts";
import { type FigureLookup, type Goal, goals, isReached } from "../goals.ts";
import type { StoreScenario } from "../scenarios/store-scenario.ts";
import type { Store } from "../systems/bench-system.ts";
import { numberText } from "./numbers.ts";
import type { RunResult } from "./run-results.ts";
import { storeTitles } from "./scenario-table.ts";

/** Every goal that was measured without a delay: reached or not, by the medians and in how many of the rounds. */
export function goalsTable(
  results: readonly RunResult[],
  scenarios: readonly StoreScenario[],
): string {
  const straight = results.filter(({ rttMs }) => rttMs === 0);
  const rounds = [...new Set(straight.map(({ round }) => round))];
  const lines = goals.flatMap((goal) => {
    const value = goal.measure(lookup(straight, goal, scenarios, null));
    if (value === undefined) return [];
    const ofRounds = rounds.flatMap((round) => {
      const inRound = goal.measure(lookup(straight, goal, scenarios, round));
      return inRound === undefined ? [] : [isReached(goal, inRound)];
    });
    const reached = ofRounds.filter(Boolean).length;
    const verdict = isReached(goal, value)
      ? "reached"
      : `**behind** ([why](${reasons[goal.store]}))`;
    return [
      `| ${storeTitles[goal.store]} | ${goal.scenario} | ${goal.text} | ${bound(goal)} | ${numberText(value)} | ${verdict} | ${reached} of ${ofRounds.length} |`,
    ];
  });
  if (lines.length === 0) return "";
  return [
    "### Goals",
    "",
    "| store | scenario | what | goal | measured | | in rounds |",
    "|---|---|---|--:|--:|---|--:|",
    ...lines,
    "",
  ].join("\n");
}

/** Where it is told why a goal is missed, from the folder of documents. */
const reasons: Readonly<Record<Store, string>> = {
  postgres: "adr/0032-postgres-inserts-first.md",
  redis: "adr/0030-what-a-job-on-redis-costs.md",
  mongodb: "adr/0031-mongodb-claims-on-a-trail.md",
};

function bound({ atLeast, atMost }: Goal): string {
  return atLeast === undefined ? `≤ ${numberText(atMost ?? 0)}` : `≥ ${numberText(atLeast)}`;
}

/** @param round `null`: the median of all. */
function lookup(
  results: readonly RunResult[],
  { store }: Goal,
  scenarios: readonly StoreScenario[],
  round: number | null,
): FigureLookup {
  return (scenario, system, figure) => {
    const main = scenarios.find(({ name }) => name === scenario)?.columns[0]?.figure;
    const values = results.flatMap((result) => {
      const fits =
        result.store === store &&
        result.scenario === scenario &&
        result.system === system &&
        (round === null || result.round === round);
      const value = fits ? result.figures[figure ?? main ?? ""] : undefined;
      return value !== undefined && Number.isFinite(value) ? [value] : [];
    });
    return values.length === 0 ? undefined : median(values);
  };
}
