import { argumentError } from "../job/argument-error.ts";
import { jobStates, type JobState } from "../job/job-state.ts";
import { isShortText } from "../job/names.ts";
import { assertKnownKeys, ownOptions } from "../job/option-keys.ts";
import type { ControlRequest } from "../storage/control.ts";

/** Who acts and why: both are kept in the job's history. */
export interface ActionOptions {
  /** 1..128 bytes. @defaultValue "application" */
  readonly actor?: string;
  /** 1..500 bytes. @defaultValue "requested" */
  readonly reason?: string;
  /** Act only on a job in one of these states. @defaultValue every state the method can act on */
  readonly from?: readonly JobState[];
}

/** The keys of {@link ActionOptions}. */
export const actionKeys: readonly string[] = ["actor", "reason", "from"];

/** @throws `REVO_OPTION_UNKNOWN`, `REVO_ARGUMENT_INVALID`. */
export function resolveAction(options: ActionOptions): Omit<ControlRequest, "ids"> {
  assertKnownKeys(options, actionKeys, "options");
  const { actor, reason = "requested", from } = ownOptions(options);
  assertReason(reason);
  if (from !== undefined) assertStates(from);
  return { actor: resolveActor(actor), reason, ...(from === undefined ? {} : { from }) };
}

/** @throws `REVO_ARGUMENT_INVALID`. */
export function assertReason(reason: unknown): void {
  if (isShortText(reason, 500)) return;
  const rule = "to be well-formed text of 1 to 500 bytes without U+0000";
  throw argumentError("REVO_ARGUMENT_INVALID", "reason", rule, reason);
}

/** @throws `REVO_ARGUMENT_INVALID`. */
export function resolveActor(actor: string | undefined): string {
  if (actor === undefined) return "application";
  if (isShortText(actor, 128)) return actor;
  throw argumentError(
    "REVO_ARGUMENT_INVALID",
    "actor",
    "to be well-formed text of 1 to 128 bytes without U+0000",
    actor,
  );
}

function assertStates(from: readonly unknown[]): void {
  if (!Array.isArray(from)) {
    throw argumentError("REVO_ARGUMENT_INVALID", "from", "to be a list of states of jobs", from);
  }
  for (const [index, state] of from.entries()) {
    if (jobStates.includes(state as JobState)) continue;
    const rule = `to be one of the states ${jobStates.join(", ")}`;
    throw argumentError("REVO_ARGUMENT_INVALID", `from[${index}]`, rule, state);
  }
}
