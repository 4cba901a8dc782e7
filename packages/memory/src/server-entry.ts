import type { HeartbeatReply, ServerRegistration } from "@revojs/core";
import { OrderedRing } from "./ordered-ring.ts";

/** A job server as it is stored, with the jobs it holds a lease on. */
export class ServerEntry<T extends { ringAt: number }> {
  readonly id: string;
  readonly leaseMs: number;
  info: string;
  beat = 1;
  beatAtMs: number;
  desired: HeartbeatReply["desired"] = "run";
  /** For ever. What it holds may be recovered by anybody. */
  lost = false;
  /** Test hook: its process is gone, so its calls do not arrive. */
  crashed = false;
  /** In order of claim. */
  readonly held: OrderedRing<T> = new OrderedRing<T>((entry, position) => {
    entry.ringAt = position;
  });

  /** Of these, the jobs whose deletion was requested. */
  readonly marked: Set<T> = new Set<T>();

  constructor(registration: ServerRegistration, nowMs: number) {
    this.id = registration.serverId;
    this.leaseMs = registration.leaseMs;
    this.info = registration.info;
    this.beatAtMs = nowMs;
  }
}
