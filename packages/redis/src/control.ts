import type { ControlRequest, ControlResult, IJobControl } from "@revojs/core";
import { encodeBody } from "./body.ts";
import { startOf } from "./enqueue.ts";
import { stateLetters, stateOf } from "./head.ts";
import { joinShortIds, toUuid } from "./job-ids.ts";
import { defineScript } from "./script.ts";
import { CONTROL, PAUSE, RESUME } from "./scripts/control.ts";
import type { Store } from "./store.ts";

type ActName = "delete" | "requeue" | "reschedule" | "move" | "replaceContent";
type RequestOf<TMethod extends ActName | "pauseQueue" | "resumeQueue"> = Parameters<
  IJobControl[TMethod]
>[0];
type Results = Promise<readonly ControlResult[]>;

const controlScript = defineScript<readonly string[]>("control", "writes", CONTROL);
const pauseScript = defineScript<number>("pause", "writes", PAUSE);
const resumeScript = defineScript<number>("resume", "writes", RESUME);

/** To deleted; a processing job is marked only. */
export function deleteJobs(store: Store, request: RequestOf<"delete">): Results {
  return act(store, request, ["delete", request.retainMs, "", ""]);
}

/** To the tail of its band. A final job needs its unique key again. */
export function requeueJobs(store: Store, request: RequestOf<"requeue">): Results {
  return act(store, request, ["requeue", request.resetAttempts ? 1 : 0, "", ""]);
}

/** To another time. */
export function rescheduleJobs(store: Store, request: RequestOf<"reschedule">): Results {
  return act(store, request, ["reschedule", ...startOf(request.start), ""]);
}

/** To the tail of another queue or band; a job that is not enqueued keeps waiting for what it waits for. */
export function moveJobs(store: Store, request: RequestOf<"move">): Results {
  return act(store, request, ["move", request.queue ?? "", request.priority ?? "", ""]);
}

/** New content in the same place. */
export function replaceContent(store: Store, request: RequestOf<"replaceContent">): Results {
  return act(store, request, ["replaceContent", request.maxAttempts, encodeBody(request), ""]);
}

/** From here on no claim takes from the queue. Paused again, the newer pause holds. */
export async function pauseQueue(store: Store, request: RequestOf<"pauseQueue">): Promise<void> {
  const { queue, actor, reason, forMs } = request;
  await store.run(pauseScript, [queue, forMs ?? "-", JSON.stringify({ actor, reason })]);
}

/** Ends a pause and wakes who hungers for the queue. */
export async function resumeQueue(store: Store, request: RequestOf<"resumeQueue">): Promise<void> {
  await store.run(resumeScript, [request.queue]);
}

async function act(
  store: Store,
  { ids, from, actor, reason }: ControlRequest,
  parameters: readonly [ActName, string | number, string | number, string | number],
): Results {
  if (ids.length === 0) return [];
  const who = JSON.stringify({ actor, reason }).slice(1, -1);
  const states = from === undefined ? "*" : from.map((state) => stateLetters[state]).join("");
  const values = [...parameters, who, states, joinShortIds(ids)];
  return (await store.run(controlScript, values)).map(toResult);
}

function toResult(reply: string): ControlResult {
  const rest = reply.slice(1);
  switch (reply.charAt(0)) {
    case "o":
      return { kind: "done" };
    case "q":
      return { kind: "requested" };
    case "c":
      return { kind: "conflict", state: stateOf(rest) ?? "failed" };
    case "u":
      return { kind: "duplicate", jobId: toUuid(rest) };
    default:
      return { kind: "not-found" };
  }
}
