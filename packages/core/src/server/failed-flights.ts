import type { ClaimRequest } from "../storage/exchange.ts";
import { isSingle, splitFlight, type Flight } from "./flight.ts";

/** Tries of one request with an error that is not the storage's absence, before it is sent in halves. */
const TRIES_BEFORE_SPLIT = 3;

/** Requests that failed and are to be sent again, as they were, until the storage answers. */
export class FailedFlights {
  #waiting: Flight[] = [];
  /** Single items that the storage does not take: tried at a pace of their own, so that they hold nothing else back. */
  #parked: Flight[] = [];

  /** Whether nothing waits to be sent again now. */
  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Settlements in them. */
  get settlements(): number {
    let count = 0;
    for (const flights of [this.#waiting, this.#parked]) {
      for (const { settle } of flights) count += settle.length;
    }
    return count;
  }

  get hasClaim(): boolean {
    return this.#waiting.some(({ claim }) => claim !== null);
  }

  /**
   * Takes in a request that failed.
   * @param isAway The storage was absent altogether: nothing about the request was at fault.
   * @returns `parked`: it is a single item that the storage does not take; `unpark` brings it back.
   */
  add(flight: Flight, isAway: boolean): "waiting" | "parked" {
    if (isAway || flight.failures < TRIES_BEFORE_SPLIT) {
      this.#waiting.push(flight);
    } else if (isSingle(flight)) {
      this.#parked.push(flight);
      return "parked";
    } else {
      this.#waiting.push(...splitFlight(flight));
    }
    return "waiting";
  }

  /** What to send again next: what ended goes before what is to begin. */
  take(): Flight | null {
    if (this.#waiting.length === 0) return null;
    const index = this.#waiting.findIndex(({ settle }) => settle.length > 0);
    return this.#waiting.splice(Math.max(index, 0), 1)[0] ?? null;
  }

  unpark(): void {
    this.#waiting.push(...this.#parked);
    this.#parked = [];
  }

  /** Claims that were certainly not carried out are made no more. @returns These claims. */
  dropClaims(): readonly ClaimRequest[] {
    const dropped: ClaimRequest[] = [];
    this.#waiting = this.#waiting.flatMap((flight) => {
      if (flight.claim === null || flight.repeat) return [flight];
      dropped.push(flight.claim);
      const isEmpty = flight.settle.length + flight.starting.length === 0;
      return isEmpty ? [] : [{ ...flight, claim: null }];
    });
    return dropped;
  }

  clear(): void {
    this.#waiting = [];
    this.#parked = [];
  }
}
