import type { ControlRequest, ControlResult, IJobControl, JobId, TimedStart } from "@revojs/core";
import { plainArray, textArray } from "../arrays.ts";
import { type Connections, jsonOf, valueOf, write } from "../connections.ts";
import { codeOfState, DESIRES, stateOfCode } from "../states.ts";
import { runAtOf } from "./enqueue.ts";

type RequestOf<TMethod extends keyof IJobControl> = Parameters<IJobControl[TMethod]>[0];
type StoredResult =
  | "done"
  | "requested"
  | "not-found"
  | readonly ["conflict", number]
  | readonly ["duplicate", JobId];

// Numbers of states.
const TIMED = [1, 2];
const WAITING = [1, 2, 3, 4];
const NOT_PROCESSING = [1, 2, 3, 4, 6, 7, 8];
const ALL = [1, 2, 3, 4, 5, 6, 7, 8];

export function deleteJobs(
  connections: Connections,
  request: RequestOf<"delete">,
): Promise<readonly ControlResult[]> {
  return act(connections, request, { name: "delete_jobs", of: ALL, extra: [request.retainMs] });
}

export function requeueJobs(
  connections: Connections,
  request: RequestOf<"requeue">,
): Promise<readonly ControlResult[]> {
  const extra = [request.resetAttempts];
  return act(connections, request, { name: "requeue_jobs", of: NOT_PROCESSING, extra });
}

export function rescheduleJobs(
  connections: Connections,
  request: RequestOf<"reschedule">,
): Promise<readonly ControlResult[]> {
  const extra = startArguments(request.start);
  return act(connections, request, { name: "reschedule_jobs", of: TIMED, extra });
}

export function moveJobs(
  connections: Connections,
  request: RequestOf<"move">,
): Promise<readonly ControlResult[]> {
  const extra = [request.queue ?? null, request.priority ?? null];
  return act(connections, request, { name: "move_jobs", of: WAITING, extra });
}

export function replaceContent(
  connections: Connections,
  request: RequestOf<"replaceContent">,
): Promise<readonly ControlResult[]> {
  const { payload, envelope, tags, maxAttempts } = request;
  const extra = [payload, envelope, tags.length === 0 ? null : textArray(tags), maxAttempts];
  return act(connections, request, { name: "replace_content", of: WAITING, extra });
}

export async function pauseQueue(
  connections: Connections,
  { queue, actor, reason, forMs }: RequestOf<"pauseQueue">,
): Promise<void> {
  const { schema } = connections.names;
  await write(connections, {
    name: "revo_pause_queue",
    text: `insert into ${schema}.queues (name, paused_at, paused_until, actor, reason)
      select $1, n.at, case when $4::bigint is not null then ${schema}.later(n.at, $4) end, $2, $3
      from (select ${schema}.now() as at) n
      on conflict (name) do update set paused_at = excluded.paused_at, paused_until = excluded.paused_until,
        actor = excluded.actor, reason = excluded.reason`,
    values: [queue, actor, reason, forMs ?? null],
  });
}

export async function resumeQueue(
  connections: Connections,
  { queue }: RequestOf<"resumeQueue">,
): Promise<void> {
  await write(connections, {
    name: "revo_resume_queue",
    text: `select ${connections.names.schema}.resume_queue($1)`,
    values: [queue],
  });
}

export async function signalServer(
  connections: Connections,
  serverId: string,
  desired: (typeof DESIRES)[number],
): Promise<boolean> {
  const rows = await write(connections, {
    name: "revo_signal_server",
    text: `select ${connections.names.schema}.signal_server($1,$2)`,
    values: [serverId, DESIRES.indexOf(desired) + 1],
  });
  return valueOf(rows) === "t";
}

interface Action {
  /** Of the function. */
  readonly name: string;
  /** States that it takes where the request names none. */
  readonly of: readonly number[];
  /** Arguments beside those of every act. */
  readonly extra: readonly unknown[];
}

async function act(
  connections: Connections,
  { ids, from, actor, reason }: ControlRequest,
  { name, of, extra }: Action,
): Promise<readonly ControlResult[]> {
  if (ids.length === 0) return [];
  const states =
    from === undefined ? of : from.map(codeOfState).filter((code) => of.includes(code));
  const values = [plainArray(ids), plainArray(states), actor, reason, ...extra];
  const rows = await write(connections, {
    name: `revo_${name}`,
    text: `select ${connections.names.schema}.${name}(${values.map((_, at) => `$${at + 1}`).join()})`,
    values,
  });
  return (jsonOf(rows) as readonly StoredResult[]).map(toResult);
}

function toResult(stored: StoredResult): ControlResult {
  if (typeof stored === "string") return { kind: stored };
  if (stored[0] === "conflict") return { kind: "conflict", state: stateOfCode(stored[1]) };
  return { kind: "duplicate", jobId: stored[1] };
}

/** Delay and time; both null: at once. */
function startArguments(start: TimedStart): readonly [number | null, number | null] {
  switch (start.kind) {
    case "now":
      return [null, null];
    case "delay":
      return [start.delayMs, null];
    case "at":
      return [null, runAtOf(start.runAt)];
  }
}
