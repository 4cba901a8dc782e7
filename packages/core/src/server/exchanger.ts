import type { ClaimRequest, ExchangeReply, SettleStatus } from "../storage/exchange.ts";
import type { ITimer } from "../support/clock.ts";
import { nextTurn } from "../support/next-turn.ts";
import type { Attempt } from "./attempt.ts";
import { reconnectDelayMs } from "./backoff.ts";
import { ClaimTiming } from "./claim-timing.ts";
import type { Demand, ExchangerOptions } from "./exchanger-options.ts";
import { FailedFlights } from "./failed-flights.ts";
import { exchangeRequest, type Flight } from "./flight.ts";
import type { LoopHealth } from "./loop.ts";
import { isAbsence } from "./storage-absence.ts";

/** Calls to the storage under way at once: while one commits, the next is on its way. */
const LANES = 2;
/** A second call leaves beside the first only for a share of settlements that is worth a round trip of its own. */
const SECOND_LANE_SETTLEMENTS = 64;
/** Due jobs promoted by one call. */
const PROMOTE_LIMIT = 500;
const CLAIM_MAX_BYTES = 8 * 1024 * 1024;
/** Settlements waiting for the storage, in batches, beyond which nothing more is claimed. */
const MOST_UNSETTLED_BATCHES = 2;
/** Time between two tries of a single item that the storage does not take, in milliseconds. */
const PARKED_RETRY_MS = 5_000;
/**
 * The one loop between job server and storage: gathers ended attempts and free slots, and exchanges them. There is no timer
 * and no minimum batch: a call leaves as soon as there is something to say, and whatever gathers while it is under way leaves
 * with the next one (natural batching). A call that fails is repeated as it was, with its token, for ever.
 */
export class Exchanger {
  readonly #options: ExchangerOptions;
  readonly #maxBatch: number;
  #unsent: Attempt[] = [];
  #starting: Attempt[] = [];
  readonly #failed = new FailedFlights();
  readonly #flights = new Set<Flight>();
  readonly #timing: ClaimTiming;
  #isClosed = false;
  #turnComing = false;
  #backoffTimer: ITimer | null = null;
  #parkedTimer: ITimer | null = null;
  #failures = 0;
  #lastOkMs: number | null = null;
  #drained: (() => void) | null = null;

  constructor(options: ExchangerOptions) {
    this.#options = options;
    this.#maxBatch = options.storage.capabilities.maxBatch;
    const { clock, random, pollMs } = options;
    this.#timing = new ClaimTiming({
      clock,
      random,
      pollMs,
      push: () => options.push(),
      onDue: () => this.#schedule(),
    });
  }

  /** From here on jobs are claimed. */
  startClaiming(): void {
    this.#timing.start();
    this.#schedule();
  }

  /** No claim leaves any more; one that may have been carried out is still repeated, to learn what it gave. */
  stopClaiming(): void {
    this.#timing.stop();
    for (const claim of this.#failed.dropClaims()) this.#options.requested(claim, -1);
  }

  /** There may be something to claim. */
  wake(): void {
    this.#timing.wake();
    this.#schedule();
  }

  /** What stood against a claim may have changed; whether there is one to make is decided here. */
  reconsider(): void {
    if (this.#timing.isDue) this.#schedule();
  }

  /** Sends the end of an attempt. */
  settle(attempt: Attempt): void {
    this.#unsent.push(attempt);
    this.#schedule();
  }

  /** Marks a suspect before it runs; `onStartMarked` follows. */
  markStarting(attempt: Attempt): void {
    this.#starting.push(attempt);
    this.#schedule();
  }

  /** Settlements that the storage has not answered. */
  get unsettled(): number {
    let count = this.#unsent.length + this.#failed.settlements;
    for (const flight of this.#flights) count += flight.settle.length;
    return count;
  }

  /** Resolves when everything is answered, claims included. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#drained = resolve;
      this.#schedule();
    });
  }

  /** Nothing is sent any more, whatever waits. */
  close(): void {
    this.#isClosed = true;
    this.stopClaiming();
    this.#backoffTimer?.cancel();
    this.#parkedTimer?.cancel();
    this.#unsent = [];
    this.#starting = [];
    this.#failed.clear();
  }

  health(): LoopHealth {
    const lastOkAgoMs =
      this.#lastOkMs === null
        ? null
        : Math.round(this.#options.clock.monotonicMs() - this.#lastOkMs);
    return { name: "exchange", lastOkAgoMs, failures: this.#failures };
  }

  #schedule(): void {
    if (this.#turnComing || this.#backoffTimer !== null || this.#isClosed) return;
    this.#turnComing = true;
    nextTurn(() => {
      this.#turnComing = false;
      this.#superviseTurn();
    });
  }

  /** What a part given by the user throws here has no caller: it is told of, and the loop goes on after a while. */
  #superviseTurn(): void {
    try {
      this.#turn();
    } catch (error) {
      const retryInMs = this.#backOff(1);
      this.#options.events.emit("loop.failed", { loop: "exchange", error, retryInMs });
    }
  }

  #turn(): void {
    while (this.#flights.size < LANES && this.#backoffTimer === null && !this.#isClosed) {
      const flight = this.#nextResend() ?? this.#nextFlight();
      if (flight === null) break;
      void this.#fly(flight);
    }
    if (this.#drained === null || this.#flights.size > 0 || !this.#failed.isEmpty) return;
    if (this.unsettled > 0) return;
    this.#drained();
    this.#drained = null;
  }

  /** One at a time: a storage that has just failed is not to be flooded. */
  #nextResend(): Flight | null {
    return this.#flights.size === 0 ? this.#failed.take() : null;
  }

  #nextFlight(): Flight | null {
    // What is sent again must not hold back what is sent for the first time.
    const isFirst = [...this.#flights].every(({ failures }) => failures > 0);
    const settles =
      this.#unsent.length >= (isFirst ? 1 : SECOND_LANE_SETTLEMENTS) || this.#starting.length > 0;
    const demand = this.#nextDemand(settles);
    if (!settles) {
      if (demand === null) return null;
      const isHungry = this.#options.isHungry();
      if (!isFirst && !this.#timing.isWorthASecond(demand.limit, isHungry)) return null;
    }
    return this.#take(demand === null ? null : this.#claimFor(demand));
  }

  #nextDemand(ridesAlong: boolean): Demand | null {
    const { isOn, isDue } = this.#timing;
    if (!isOn || !(isDue || ridesAlong) || this.#hasFailedClaim) return null;
    if (this.unsettled > MOST_UNSETTLED_BATCHES * this.#maxBatch) return null;
    return this.#options.demand(ridesAlong);
  }

  #claimFor(demand: Demand): ClaimRequest {
    return {
      ...demand,
      token: this.#options.random.token(),
      promoteLimit: Math.min(PROMOTE_LIMIT, this.#maxBatch),
      maxBytes: CLAIM_MAX_BYTES,
    };
  }

  /** A claim is still to be repeated: until it is answered another one would only fail with it. */
  get #hasFailedClaim(): boolean {
    if (this.#failed.hasClaim) return true;
    for (const { claim, failures } of this.#flights)
      if (claim !== null && failures > 0) return true;
    return false;
  }

  #take(claim: ClaimRequest | null): Flight {
    const settle =
      this.#unsent.length <= this.#maxBatch ? this.#unsent : this.#unsent.slice(0, this.#maxBatch);
    this.#unsent = settle === this.#unsent ? [] : this.#unsent.slice(this.#maxBatch);
    const starting = this.#starting;
    this.#starting = [];
    if (claim !== null) {
      this.#options.requested(claim, 1);
      this.#timing.left();
    }
    return {
      serverId: this.#options.serverId(),
      settle,
      starting,
      claim,
      repeat: false,
      failures: 0,
    };
  }

  async #fly(flight: Flight): Promise<void> {
    this.#flights.add(flight);
    try {
      const reports = flight.repeat ? null : this.#options.flushReports(flight.settle);
      if (reports !== null) await reports;
      const startedMs = this.#options.clock.monotonicMs();
      const reply = await this.#options.storage.exchange(exchangeRequest(flight));
      const nowMs = this.#options.clock.monotonicMs();
      this.#flights.delete(flight);
      this.#succeeded(nowMs);
      this.#options.onRoundTrip(nowMs - startedMs);
      this.#landed(flight, reply);
    } catch (error) {
      // One that has landed is done, whatever those who were told of it make of it.
      if (this.#flights.delete(flight)) this.#sendAgain(flight, error);
      else this.#options.events.emit("loop.failed", { loop: "exchange", error, retryInMs: 0 });
    }
    this.#turn();
  }

  #succeeded(nowMs: number): void {
    this.#lastOkMs = nowMs;
    if (this.#failures === 0) return;
    this.#options.events.emit("loop.recovered", { loop: "exchange", failures: this.#failures });
    this.#failures = 0;
  }

  #landed(flight: Flight, reply: ExchangeReply): void {
    if (flight.claim !== null) {
      this.#options.requested(flight.claim, -1);
      this.#timing.landed(flight.claim, reply);
    }
    if (reply.lease === "lost") this.#options.onLeaseLost(flight.serverId);
    if (reply.jobs.length > 0 && flight.claim !== null) {
      this.#options.onClaimed(reply.jobs, flight.claim.token, flight.serverId);
    }
    for (let index = 0; index < flight.settle.length; index++) {
      const attempt = flight.settle[index] as Attempt;
      this.#options.onSettled(attempt, statusOf(reply, index, flight.repeat));
    }
    for (const attempt of flight.starting) this.#options.onStartMarked(attempt);
  }

  #sendAgain(flight: Flight, error: unknown): void {
    if (this.#isClosed) return;
    const isAway = isAbsence(error);
    const again: Flight = {
      ...flight,
      repeat: flight.repeat || !isAway,
      failures: flight.failures + 1,
    };
    const isParked = this.#failed.add(again, isAway) === "parked";
    const retryInMs = isParked ? PARKED_RETRY_MS : this.#backOff(this.#options.random.fraction());
    this.#options.events.emit("loop.failed", { loop: "exchange", error, retryInMs });
    if (isParked) this.#unparkLater();
  }

  /** @returns For how long nothing is sent. */
  #backOff(fraction: number): number {
    this.#failures += 1;
    const retryInMs = reconnectDelayMs(this.#failures, fraction);
    this.#backoffTimer?.cancel();
    this.#backoffTimer = this.#options.clock.schedule(retryInMs, () => {
      this.#backoffTimer = null;
      this.#schedule();
    });
    return retryInMs;
  }

  #unparkLater(): void {
    this.#parkedTimer ??= this.#options.clock.schedule(PARKED_RETRY_MS, () => {
      this.#parkedTimer = null;
      this.#failed.unpark();
      this.#schedule();
    });
  }
}

/** On a repeat, `gone` is a settlement that was stored before and whose job was dropped at once. */
function statusOf(reply: ExchangeReply, index: number, repeat: boolean): SettleStatus {
  const status = reply.settled[index] ?? "stale";
  return repeat && status === "gone" ? "already" : status;
}
