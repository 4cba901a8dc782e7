import type { IJobControl } from "@revojs/core";
import type { Store } from "./store.ts";

/** From here on no claim takes from the queue. Paused again, the newer pause holds. */
export function pauseQueue(store: Store, request: Parameters<IJobControl["pauseQueue"]>[0]): void {
  const nowMs = store.nowMs();
  store.queue(request.queue).pause = {
    sinceMs: nowMs,
    actor: request.actor,
    reason: request.reason,
    ...(request.forMs !== undefined && { endsAtMs: nowMs + request.forMs }),
  };
}

/** Ends a pause and wakes who hungers for the queue. */
export function resumeQueue(
  store: Store,
  request: Parameters<IJobControl["resumeQueue"]>[0],
): void {
  const nowMs = store.nowMs();
  const line = store.queues.get(request.queue);
  if (line?.pause === undefined) return;
  line.pause = undefined;
  store.sleepers.fed(line);
  store.sleepers.wake(nowMs);
}

/** Says what the server is to do; its next heartbeat tells it. */
export function signalServer(
  store: Store,
  serverId: string,
  desired: "run" | "quiet" | "stop",
): boolean {
  const server = store.servers.get(serverId);
  if (server === undefined) return false;
  server.desired = desired;
  store.sleepers.tell(serverId, "control");
  return true;
}
