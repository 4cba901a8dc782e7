import type { UniqueKey } from "@revojs/core";

/**
 * One step of a random history, as plain data, so that a failing history can be printed, shrunk and kept. Numbers named `pick`
 * choose among what there is when the step comes, round and round; minutes are those of the storage's clock.
 */
export type ModelCommand =
  | {
      readonly kind: "enqueue";
      readonly queue: number;
      readonly priority: number;
      readonly count: number;
      readonly maxCrashes: number;
    }
  | { readonly kind: "schedule"; readonly queue: number; readonly minutes: number }
  | {
      readonly kind: "unique";
      readonly key: number;
      readonly scope: UniqueKey["scope"];
      readonly isReplacing: boolean;
      readonly minutes: number;
    }
  | { readonly kind: "repeat"; readonly pick: number }
  | {
      readonly kind: "claim";
      readonly server: number;
      readonly firstQueue: number;
      readonly limit: number;
    }
  | { readonly kind: "settle"; readonly pick: number; readonly outcome: ModelOutcome }
  | { readonly kind: "settle-again"; readonly pick: number; readonly outcome: ModelOutcome }
  | { readonly kind: "settle-foreign"; readonly pick: number; readonly outcome: ModelOutcome }
  | { readonly kind: "start"; readonly pick: number }
  | { readonly kind: "heartbeat"; readonly server: number }
  | { readonly kind: "recover"; readonly server: number; readonly isBeatRight: boolean }
  | { readonly kind: "unregister"; readonly server: number }
  | { readonly kind: "restart"; readonly server: number }
  | { readonly kind: "promote"; readonly limit: number }
  | { readonly kind: "delete"; readonly pick: number }
  | { readonly kind: "requeue"; readonly pick: number; readonly resetAttempts: boolean }
  | { readonly kind: "reschedule"; readonly pick: number; readonly minutes: number }
  | { readonly kind: "move"; readonly pick: number }
  | { readonly kind: "replace-content"; readonly pick: number }
  | { readonly kind: "pause"; readonly queue: number; readonly minutes: number }
  | { readonly kind: "resume"; readonly queue: number }
  | { readonly kind: "advance"; readonly minutes: number };

export interface ModelOutcome {
  readonly kind: "succeed" | "retry" | "fail" | "release" | "delete";
  /** Of retry and release; 0 is at once. */
  readonly minutes: number;
  /** Of release. */
  readonly refundAttempt: boolean;
}

export const MODEL_QUEUES: readonly string[] = ["a", "b"];
export const MODEL_KEYS: readonly string[] = ["k-0", "k-1", "k-2"];
export const MODEL_SERVERS = 3;
/** How long every finished job is kept. */
export const MODEL_RETAIN_MINUTES = 10;
/** How long a `window` key is held. */
export const MODEL_WINDOW_MINUTES = 5;
/** How long recovery puts off what crashed a server while it was starting. */
export const MODEL_CRASH_DELAY_MINUTES = 2;
