import type { ExchangeReply, ExchangeRequest, SettleStatus } from "@revojs/core";
import { exchange } from "../exchange.ts";
import { claimAcross } from "./claim-across.ts";
import type { HungryServers } from "./hungry-servers.ts";
import { partitionsOf } from "./locate.ts";
import type { Partitions } from "./partitions.ts";
import { after, spread } from "./together.ts";

/**
 * Ends attempts in the partitions of their jobs, then claims. Each part is atomic in its partition, the whole is not: a repeat
 * completes what was done by half.
 */
export async function exchangeAcross(
  partitions: Partitions,
  hungry: HungryServers,
  request: ExchangeRequest,
): Promise<ExchangeReply> {
  const { serverId, settle, starting = [], claim, repeat = false } = request;
  const hasParts = settle.length + starting.length > 0;
  const ended = hasParts ? await settleAcross(partitions, request) : NOTHING_ENDED;
  if (claim === undefined) {
    const lease = hasParts ? ended.lease : (await idleExchange(partitions, serverId)).lease;
    return { settled: ended.settled, jobs: [], lease, nextClaimInMs: null };
  }
  const claiming = claimAcross(partitions, hungry, { serverId, claim, repeat });
  return { ...(await (hasParts ? after(claiming) : claiming)), settled: ended.settled };
}

const NOTHING_ENDED = { settled: [], lease: "held" } as const satisfies Ended;

interface Ended {
  readonly settled: readonly SettleStatus[];
  readonly lease: ExchangeReply["lease"];
}

function idleExchange(partitions: Partitions, serverId: string): Promise<ExchangeReply> {
  return exchange(partitions.first, { serverId, settle: [] });
}

type Mark = NonNullable<ExchangeRequest["starting"]>[number];
type Part =
  | { readonly kind: "start"; readonly mark: Mark }
  | { readonly kind: "settle"; readonly settlement: ExchangeRequest["settle"][number] };

async function settleAcross(
  partitions: Partitions,
  { serverId, settle, starting = [], repeat = false }: ExchangeRequest,
): Promise<Ended> {
  const parts: readonly Part[] = [
    ...starting.map((mark): Part => ({ kind: "start", mark })),
    ...settle.map((settlement): Part => ({ kind: "settle", settlement })),
  ];
  const places = await placesOf(
    partitions,
    parts.map((part) => (part.kind === "start" ? part.mark : part.settlement)),
  );
  let lease: ExchangeReply["lease"] = "held";
  const statuses = await spread<Part, SettleStatus | undefined>(
    "writes",
    parts.map((part, index) => [places[index] ?? 0, part]),
    async (partition, own) => {
      const settlements = own.flatMap((part) => (part.kind === "settle" ? [part.settlement] : []));
      const marks = own.flatMap((part) => (part.kind === "start" ? [part.mark] : []));
      const reply = await exchange(partitions.at(partition), {
        serverId,
        settle: settlements,
        starting: marks,
        repeat,
      });
      if (reply.lease === "lost") lease = "lost";
      let next = 0;
      return own.map((part) => (part.kind === "settle" ? reply.settled[next++] : undefined));
    },
  );
  return { settled: statuses.slice(starting.length).map((status) => status ?? "gone"), lease };
}

/** A claimed job's locator is its partition; a job never leaves it. */
export async function placesOf(
  partitions: Partitions,
  jobs: readonly { readonly jobId: string; readonly locator?: string }[],
): Promise<readonly number[]> {
  const places = jobs.map(({ locator = "" }) => (/^\d{1,2}$/.test(locator) ? Number(locator) : -1));
  const isKnown = (place: number): boolean => place >= 0 && place < partitions.count;
  const unknown = jobs.flatMap(({ jobId }, index) => (isKnown(places[index] ?? -1) ? [] : [jobId]));
  if (unknown.length === 0) return places;
  const found = await partitionsOf(partitions, unknown);
  let next = 0;
  return places.map((place) => (isKnown(place) ? place : (found[next++] ?? 0)));
}
