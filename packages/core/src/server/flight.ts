import type { ClaimRequest, ExchangeRequest, Settlement } from "../storage/exchange.ts";
import type { Attempt } from "./attempt.ts";

/** One exchange on its way, kept as it was sent until it is answered. */
export interface Flight {
  readonly serverId: string;
  readonly settle: readonly Attempt[];
  readonly starting: readonly Attempt[];
  readonly claim: ClaimRequest | null;
  readonly repeat: boolean;
  /** Times that it failed. */
  readonly failures: number;
}

/** The request to the storage. */
export function exchangeRequest(flight: Flight): ExchangeRequest {
  const settle: Settlement[] = new Array<Settlement>(flight.settle.length);
  for (let index = 0; index < settle.length; index++) {
    settle[index] = settlementOf(flight.settle[index] as Attempt);
  }
  return {
    serverId: flight.serverId,
    settle,
    ...(flight.starting.length > 0 && { starting: flight.starting.map(leaseOf) }),
    ...(flight.claim !== null && { claim: flight.claim }),
    ...(flight.repeat && { repeat: true }),
  };
}

/** Whether there is nothing left to take apart. */
export function isSingle(flight: Flight): boolean {
  return flight.claim === null && flight.settle.length + flight.starting.length <= 1;
}

/**
 * Takes a request that fails again and again apart, so that one item that the storage cannot take does not hold back the
 * others: the claim alone, then each half of the rest.
 */
export function splitFlight(flight: Flight): readonly Flight[] {
  const { settle, starting } = flight;
  const middleOfSettle = Math.ceil(settle.length / 2);
  const middleOfStarting = Math.floor(starting.length / 2);
  return [
    { ...flight, settle: [], starting: [] },
    {
      ...flight,
      claim: null,
      settle: settle.slice(0, middleOfSettle),
      starting: starting.slice(0, middleOfStarting),
    },
    {
      ...flight,
      claim: null,
      settle: settle.slice(middleOfSettle),
      starting: starting.slice(middleOfStarting),
    },
  ].filter((part) => !isEmpty(part));
}

function isEmpty(flight: Flight): boolean {
  return flight.claim === null && flight.settle.length + flight.starting.length === 0;
}

function settlementOf(attempt: Attempt): Settlement {
  const { id, locator } = attempt.job;
  if (attempt.outcome === null) throw new TypeError("An attempt without outcome was settled");
  const settlement = { jobId: id, token: attempt.token, outcome: attempt.outcome };
  return locator === undefined ? settlement : { ...settlement, locator };
}

function leaseOf(attempt: Attempt): { jobId: string; token: string; locator?: string } {
  const { id, locator } = attempt.job;
  return { jobId: id, token: attempt.token, ...(locator !== undefined && { locator }) };
}
