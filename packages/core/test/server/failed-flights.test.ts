import { describe, expect, it } from "vitest";
import { FailedFlights } from "../../src/server/failed-flights.ts";
import type { Flight } from "../../src/server/flight.ts";
import { anAttempt } from "./builders.ts";

const claim: NonNullable<Flight["claim"]> = {
  token: "7",
  queues: [{ queue: "default", limit: 3 }],
  limit: 3,
  promoteLimit: 500,
  maxBytes: 1_000,
};

const aFlight = (parts: Partial<Flight> = {}): Flight => ({
  serverId: "s",
  settle: [],
  starting: [],
  claim: null,
  repeat: false,
  failures: 1,
  ...parts,
});

/** Takes all that waits. */
function takeAll(failed: FailedFlights): readonly Flight[] {
  const taken: Flight[] = [];
  for (let next = failed.take(); next !== null; next = failed.take()) taken.push(next);
  return taken;
}

describe("FailedFlights", () => {
  it("gives what ended before what is to begin, else in the order of the failures", () => {
    const failed = new FailedFlights();
    const claims = [aFlight({ claim }), aFlight({ claim })];
    const results = [aFlight({ settle: [anAttempt()] }), aFlight({ settle: [anAttempt()] })];
    for (const flight of [claims[0], results[0], claims[1], results[1]]) {
      if (flight !== undefined) failed.add(flight, true);
    }

    expect(takeAll(failed)).toEqual([...results, ...claims]);
    expect(failed.isEmpty).toBe(true);
  });

  it("leaves a request whole however often the storage is absent", () => {
    const failed = new FailedFlights();
    const flight = aFlight({ settle: [anAttempt(), anAttempt()], claim, failures: 1_000 });

    failed.add(flight, true);

    expect(takeAll(failed)).toEqual([flight]);
  });

  it("takes a request apart at its third failure", () => {
    const failed = new FailedFlights();
    const settle = [anAttempt(), anAttempt()];
    failed.add(aFlight({ settle, claim, failures: 2 }), false);
    const whole = takeAll(failed);

    failed.add(aFlight({ settle, claim, failures: 3 }), false);
    const parts = takeAll(failed);

    expect([whole.length, parts.length]).toEqual([1, 3]);
  });

  it("parks a single item that is refused, and counts it until it is stored", () => {
    const failed = new FailedFlights();
    const flight = aFlight({ settle: [anAttempt()], failures: 3 });

    const where = failed.add(flight, false);
    const waiting = takeAll(failed);
    const settlements = failed.settlements;
    failed.unpark();

    expect([where, waiting, settlements]).toEqual(["parked", [], 1]);
    expect(takeAll(failed)).toEqual([flight]);
  });

  it("never parks a claim", () => {
    const failed = new FailedFlights();

    expect(failed.add(aFlight({ claim, failures: 100 }), false)).toBe("waiting");
    expect(failed.hasClaim).toBe(true);
  });

  it("drops claims that were not carried out, and keeps what else travelled with them", () => {
    const failed = new FailedFlights();
    const unknown = aFlight({ claim: { ...claim, token: "8" }, repeat: true });
    const mixed = aFlight({ claim, settle: [anAttempt()] });
    for (const flight of [aFlight({ claim }), unknown, mixed]) failed.add(flight, true);

    const dropped = failed.dropClaims();

    expect(dropped).toEqual([claim, claim]);
    expect(takeAll(failed)).toEqual([{ ...mixed, claim: null }, unknown]);
  });
});
