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

/**
 * Takes a request that fails again and again apart, so that one item that the storage cannot take does not hold back the
 * others: the claim alone, then each half of the rest.
 */
export function splitFlight(flight: Flight): readonly Flight[] {
  const claim: Flight[] =
    flight.claim === null ? [] : [{ ...flight, settle: [], starting: [], failures: 0 }];
  const rest = { ...flight, claim: null };
  if (flight.settle.length <= 1) {
    return flight.settle.length === 0 && flight.starting.length === 0 ? claim : [...claim, rest];
  }
  const middle = Math.ceil(flight.settle.length / 2);
  return [
    ...claim,
    { ...rest, settle: flight.settle.slice(0, middle), failures: 0 },
    { ...rest, settle: flight.settle.slice(middle), starting: [], failures: 0 },
  ];
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
