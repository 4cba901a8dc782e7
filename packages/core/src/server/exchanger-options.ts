import type { EventHub } from "../events/event-hub.ts";
import type { ClaimedJob, ClaimRequest, SettleStatus } from "../storage/exchange.ts";
import type { IJobStorage } from "../storage/job-storage.ts";
import type { IClock } from "../support/clock.ts";
import type { IRandom } from "../support/random.ts";
import type { Attempt } from "./attempt.ts";
import type { PushKind } from "./poll-delay.ts";

/** What to claim, as far as the job server says. */
export type Demand = Pick<ClaimRequest, "limit" | "queues">;

/** What the exchanger asks of, and tells, the rest of the job server. */
export interface ExchangerOptions {
  readonly storage: IJobStorage;
  readonly clock: IClock;
  readonly random: IRandom;
  readonly events: EventHub;
  readonly pollMs: number;
  serverId(): string;
  push(): PushKind;
  /** What to claim now; `null`: nothing. */
  demand(eager: boolean): Demand | null;
  /** A slot stands empty. */
  isHungry(): boolean;
  /** A claim leaves (`by` 1), or has been answered (-1). */
  requested(claim: ClaimRequest, by: 1 | -1): void;
  onRoundTrip(ms: number): void;
  onClaimed(jobs: readonly ClaimedJob[], token: string, serverId: string): void;
  onSettled(attempt: Attempt, status: SettleStatus): void;
  onStartMarked(attempt: Attempt): void;
  onLeaseLost(serverId: string): void;
  /** Sends what these attempts still have to report; never rejects. */
  flushReports(attempts: readonly Attempt[]): Promise<void> | null;
}
