import type { ClaimRequest, ExchangeReply } from "../storage/exchange.ts";
import type { IClock, ITimer } from "../support/clock.ts";
import type { IRandom } from "../support/random.ts";
import { pollDelayMs, type PushKind } from "./poll-delay.ts";

/** Jobs for which a second claim leaves beside one under way, with nothing to settle. */
const WORTH_A_SECOND_CLAIM = 256;
/** A storage that says "ask at once" and gives nothing, so many times, is asked at its poll's pace. */
const MOST_EMPTY_CLAIMS_AT_ONCE = 8;
/** Idle servers spread what a shared timer wakes them for over so many milliseconds. */
const DUE_JITTER_MS = 3;

export interface ClaimTimingOptions {
  readonly clock: IClock;
  readonly random: IRandom;
  readonly pollMs: number;
  push(): PushKind;
  /** The time for a claim has come by itself. */
  onDue(): void;
}

/** Knows when there may be something to claim: told so by a wake, by what the last claim gave, or by the poll. */
export class ClaimTiming {
  readonly #options: ClaimTimingOptions;
  #isOn = false;
  #isDue = false;
  /** Something came after the last claim had left. */
  #wokenSince = false;
  #lastLeftMore = false;
  #emptyClaims = 0;
  #timer: ITimer | null = null;

  constructor(options: ClaimTimingOptions) {
    this.#options = options;
  }

  /** Whether claims are made at all. */
  get isOn(): boolean {
    return this.#isOn;
  }

  get isDue(): boolean {
    return this.#isDue;
  }

  start(): void {
    this.#isOn = true;
    this.#isDue = true;
  }

  stop(): void {
    this.#isOn = false;
    this.#timer?.cancel();
  }

  /** There may be something to claim. */
  wake(): void {
    this.#wokenSince = true;
    this.#isDue = true;
  }

  /** A claim leaves. */
  left(): void {
    this.#wokenSince = false;
    this.#timer?.cancel();
  }

  /**
   * Whether a claim may leave beside one that is under way: for jobs that came after that one left, while a slot stands empty, or
   * where the last one left much behind and two can share it.
   */
  isWorthASecond(limit: number, isHungry: boolean): boolean {
    if (this.#wokenSince && isHungry) return true;
    return this.#lastLeftMore && limit >= WORTH_A_SECOND_CLAIM;
  }

  /** A claim was answered: plans the next one. */
  landed(claim: ClaimRequest, reply: ExchangeReply): void {
    if (reply.jobs.length > 0) this.#emptyClaims = 0;
    const isFull = reply.jobs.length >= claim.limit;
    const asksAgain = isFull || reply.nextClaimInMs === 0;
    // Of many due jobs a claim gives no more than it promotes.
    this.#lastLeftMore = isFull || (asksAgain && reply.jobs.length >= WORTH_A_SECOND_CLAIM);
    this.#isDue = this.#wokenSince || (asksAgain && this.#emptyClaims < MOST_EMPTY_CLAIMS_AT_ONCE);
    if (reply.jobs.length === 0) this.#emptyClaims += 1;
    if (!this.#isDue) this.#planNext(reply.nextClaimInMs);
  }

  #planNext(nextClaimInMs: number | null): void {
    const { clock, random, pollMs } = this.#options;
    const emptyClaims = Math.max(this.#emptyClaims, 1);
    const pollInMs = pollDelayMs(this.#options.push(), emptyClaims, pollMs, random.fraction());
    const dueInMs =
      nextClaimInMs === null || nextClaimInMs === 0
        ? Number.POSITIVE_INFINITY
        : nextClaimInMs + random.fraction() * DUE_JITTER_MS;
    this.#timer?.cancel();
    if (!this.#isOn) return;
    this.#timer = clock.schedule(Math.min(pollInMs, dueInMs), () => {
      this.#isDue = true;
      this.#options.onDue();
    });
  }
}
