import type { Settlement, SettleStatus } from "@revojs/core";
import { plainArray, textArray } from "../arrays.ts";

type Success = Extract<Settlement["outcome"], { kind: "succeed" }>;

/** The settlements of one exchange as the function takes them, and where the statuses of its answer belong. */
export interface SettleArguments {
  /** Ids, tokens, common retention, retentions, results, other outcomes. */
  readonly values: readonly (string | number | null)[];
  /** For each letter of the answer, the place of its settlement in the request. */
  readonly places: readonly number[];
}

const NOTHING: SettleArguments = { values: ["{}", "{}", 0, null, null, null], places: [] };

/**
 * Sorts settlements into successes, which go by arrays in the order of their ids, and the other outcomes, which go as JSON.
 * No job may be settled twice among them: see {@link inRounds}.
 */
export function toSettleArguments(settle: readonly Settlement[]): SettleArguments {
  if (settle.length === 0) return NOTHING;
  const successes: number[] = [];
  const others: number[] = [];
  for (let place = 0; place < settle.length; place++) {
    const isSuccess = settle[place]?.outcome.kind === "succeed";
    (isSuccess ? successes : others).push(place);
  }
  const at = (place: number): Settlement => settle[place] as Settlement;
  const byId = (one: number, other: number): number => (at(one).jobId < at(other).jobId ? -1 : 1);
  successes.sort(byId);
  others.sort(byId);
  return {
    values: [
      ...successColumns(successes.map(at)),
      others.length === 0 ? null : JSON.stringify(others.map((place) => toOther(at(place)))),
    ],
    places: [...successes, ...others],
  };
}

/** The statuses in the order of the request. `letters` is empty when all were settled. */
export function toStatuses(letters: string, places: readonly number[]): readonly SettleStatus[] {
  const statuses = new Array<SettleStatus>(places.length).fill("settled");
  if (letters === "") return statuses;
  for (const [index, place] of places.entries()) {
    statuses[place] = STATUSES[letters[index] ?? ""] ?? "stale";
  }
  return statuses;
}

/** Splits settlements so that none of the lists holds a job twice: what comes later must meet what came before. */
export function inRounds(settle: readonly Settlement[]): readonly (readonly number[])[] {
  const rounds: number[][] = [];
  const seen = new Map<string, number>();
  for (let place = 0; place < settle.length; place++) {
    const { jobId } = settle[place] as Settlement;
    const round = seen.get(jobId) ?? 0;
    seen.set(jobId, round + 1);
    (rounds[round] ??= []).push(place);
  }
  return rounds;
}

/** One outcome for the function that takes JSON. */
export function toOther({ jobId, token, outcome }: Settlement): Readonly<Record<string, unknown>> {
  const { kind } = outcome;
  const fence = { id: jobId, token, kind };
  switch (kind) {
    case "succeed":
      return { ...fence, retainMs: outcome.retainMs, result: outcome.result };
    case "retry": {
      const { fingerprint, text } = outcome.error;
      return { ...fence, delayMs: outcome.delayMs, fingerprint, error: text };
    }
    case "fail": {
      const { fingerprint, text } = outcome.error;
      const { retainMs, reason } = outcome;
      return { ...fence, retainMs, reason, fingerprint, error: text };
    }
    case "release": {
      const { delayMs, refundAttempt, reason } = outcome;
      return { ...fence, delayMs, refundAttempt, reason };
    }
    case "delete":
      return { ...fence, retainMs: outcome.retainMs, reason: outcome.reason };
  }
}

const STATUSES: Readonly<Record<string, SettleStatus>> = {
  s: "settled",
  d: "deleted",
  a: "already",
  x: "stale",
  g: "gone",
};

function successColumns(settle: readonly Settlement[]): readonly (string | number | null)[] {
  const outcomes = settle.map(({ outcome }) => outcome as Success);
  const retainMs = outcomes[0]?.retainMs ?? 0;
  const isCommon = outcomes.every((outcome) => outcome.retainMs === retainMs);
  const hasResults = outcomes.some(({ result }) => result !== undefined);
  return [
    plainArray(settle.map(({ jobId }) => jobId)),
    plainArray(settle.map(({ token }) => token)),
    retainMs,
    isCommon ? null : plainArray(outcomes.map((outcome) => outcome.retainMs)),
    hasResults ? textArray(outcomes.map(({ result }) => result)) : null,
  ];
}
