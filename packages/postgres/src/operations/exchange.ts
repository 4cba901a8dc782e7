import type {
  ClaimedJob,
  ClaimRequest,
  ExchangeReply,
  ExchangeRequest,
  Settlement,
  SettleStatus,
} from "@revojs/core";
import { plainArray, textArray } from "../arrays.ts";
import { type Connections, write } from "../connections.ts";
import type { FlooredClaim, PlacedJob } from "../claim-floors.ts";
import type { Row } from "../pool.ts";
import { inRounds, toSettleArguments, toStatuses } from "./settlements.ts";

/** Most characters of results in one statement. */
const MOST_TEXT = 16 * 1024 * 1024;

const NO_CLAIM = [null, "{}", "{}", 0, 0, 0, false, null] as const;

/** One call of one function: what begins is marked, then settled, then claimed. */
export async function exchange(
  connections: Connections,
  request: ExchangeRequest,
): Promise<ExchangeReply> {
  const parts = splitSettlements(request.settle);
  if (parts.length <= 1) return exchangeOnce(connections, request);
  const statuses: SettleStatus[] = [];
  const { claim, starting: _starting, ...rest } = request;
  let starting = request.starting;
  for (const [index, places] of parts.entries()) {
    const isLast = index === parts.length - 1;
    const reply = await exchangeOnce(connections, {
      ...rest,
      settle: places.map((place) => request.settle[place] as Settlement),
      ...(starting !== undefined && { starting }),
      ...(isLast && claim !== undefined && { claim }),
    });
    starting = undefined;
    for (const [at, place] of places.entries()) statuses[place] = reply.settled[at] ?? "stale";
    if (isLast) return { ...reply, settled: statuses };
  }
  throw new RangeError("Expected at least one part");
}

async function exchangeOnce(
  connections: Connections,
  request: ExchangeRequest,
): Promise<ExchangeReply> {
  const { settle, starting, claim, repeat = false } = request;
  const { values, places } = toSettleArguments(settle);
  const floored = claim === undefined ? undefined : connections.floors.before(claim);
  const rows = await write(connections, {
    name: "revo_exchange",
    text: `select * from ${connections.names.schema}.exchange($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16)`,
    values: [
      request.serverId,
      ...values,
      starting === undefined || starting.length === 0
        ? null
        : JSON.stringify(starting.map(({ jobId, token }) => ({ id: jobId, token }))),
      ...(claim === undefined ? NO_CLAIM : claimArguments(claim, repeat, floored)),
    ],
  });
  if (settle.some(({ outcome }) => outcome.kind === "release")) connections.floors.reset();
  const [, letters, standing, nextMs] = rows.at(-1) ?? [];
  const [lease, nowUs] = (standing ?? "").split(" ");
  const jobs = claim === undefined ? [] : inClaimOrder(claimedJobs(rows), claim);
  if (claim !== undefined && floored !== undefined) {
    connections.floors.after(
      claim,
      floored,
      jobs.map((job) => placeOf(job, Number(nowUs))),
    );
  }
  return {
    settled: toStatuses(letters ?? "", places),
    jobs: inWholeMilliseconds(jobs),
    lease: lease === "held" ? "held" : "lost",
    nextClaimInMs: nextMs == null ? null : Number(nextMs),
  };
}

function claimArguments(
  claim: ClaimRequest,
  repeat: boolean,
  floored: FlooredClaim | undefined,
): readonly unknown[] {
  const { token, queues, limit, promoteLimit, maxBytes } = claim;
  return [
    token,
    textArray(queues.map(({ queue }) => queue)),
    plainArray(queues.map((one) => one.limit)),
    limit,
    promoteLimit,
    maxBytes,
    repeat,
    floored?.floorsUs == null ? null : plainArray(floored.floorsUs),
  ];
}

function claimedJobs(rows: readonly Row[]): ClaimedJob[] {
  const jobs: ClaimedJob[] = [];
  let text: string | undefined;
  let head = headOf("");
  for (let index = 0; index < rows.length - 1; index++) {
    const row = rows[index] as readonly string[];
    if (row[1] !== text) {
      text = row[1] as string;
      head = headOf(text);
    }
    jobs.push({
      id: row[0] as string,
      type: head.type,
      queue: head.queue,
      priority: head.priority,
      payload: row[2] as string,
      envelope: row[3] as string,
      maxAttempts: head.maxAttempts,
      maxCrashes: head.maxCrashes,
      attempt: head.attempt,
      crashes: head.crashes,
      releases: head.releases,
      waitedMs: head.waitedMs,
    });
  }
  return jobs;
}

/** All of a claimed job but its id and its texts: equal for jobs that were enqueued together. */
function headOf(text: string): Omit<ClaimedJob, "id" | "payload" | "envelope"> {
  const [type = "", queue = "", ...numbers] = text.split(" ");
  const at = (index: number): number => Number(numbers[index]);
  return {
    type,
    queue,
    priority: at(0),
    maxAttempts: at(1),
    maxCrashes: at(2),
    attempt: at(3),
    crashes: at(4),
    releases: at(5),
    waitedMs: at(6),
  };
}

/** Rows come as they lie in the table, which mostly is the order of claim. */
function inClaimOrder(jobs: ClaimedJob[], { queues }: ClaimRequest): ClaimedJob[] {
  const places = new Map(queues.map(({ queue }, place) => [queue, place]));
  const order = (one: ClaimedJob, other: ClaimedJob): number =>
    (one.queue === other.queue
      ? 0
      : (places.get(one.queue) ?? 0) - (places.get(other.queue) ?? 0)) ||
    one.priority - other.priority ||
    other.waitedMs - one.waitedMs ||
    (one.id < other.id ? -1 : 1);
  for (let index = 1; index < jobs.length; index++) {
    if (order(jobs[index - 1] as ClaimedJob, jobs[index] as ClaimedJob) > 0) {
      jobs.sort(order);
      break;
    }
  }
  return jobs;
}

/** Where the job stood; a little early, since its time was told as a fraction of the time it waited. */
function placeOf({ queue, priority, waitedMs }: ClaimedJob, nowUs: number): PlacedJob {
  return { queue, priority, enqueuedAtUs: Math.floor(nowUs - waitedMs * 1000) - 2 };
}

function inWholeMilliseconds(jobs: ClaimedJob[]): readonly ClaimedJob[] {
  for (const job of jobs as { waitedMs: number }[]) {
    job.waitedMs = Math.max(Math.floor(job.waitedMs), 0);
  }
  return jobs;
}

/** Places of settlements that go in one statement: no job twice, and not too much text. */
function splitSettlements(settle: readonly Settlement[]): readonly (readonly number[])[] {
  const rounds = inRounds(settle);
  const parts: number[][] = [];
  for (const round of rounds) {
    let part: number[] = [];
    let length = 0;
    for (const place of round) {
      const { outcome } = settle[place] as Settlement;
      const next = outcome.kind === "succeed" ? (outcome.result?.length ?? 0) : 0;
      if (part.length > 0 && length + next > MOST_TEXT) {
        parts.push(part);
        part = [];
        length = 0;
      }
      part.push(place);
      length += next;
    }
    parts.push(part);
  }
  return parts;
}
