import { type JobState, jobStates } from "@revojs/core";

/** The number under which a state is stored: its position in the list of states, from 1. */
export function codeOfState(state: JobState): number {
  return jobStates.indexOf(state) + 1;
}

/** The state stored under a number. */
export function stateOfCode(code: number): JobState {
  const state = jobStates[code - 1];
  if (state === undefined) throw new RangeError(`No state has the number ${code}`);
  return state;
}

/** What a server was told to do, under the numbers from 1. */
export const DESIRES = ["run", "quiet", "stop"] as const;
