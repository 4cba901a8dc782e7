import assert from "node:assert/strict";
import type {
  ClaimedJob,
  ClaimRequest,
  ExchangeReply,
  ExchangeRequest,
  HeartbeatReply,
  HeartbeatRequest,
  IJobStorage,
  RecoverReply,
  RecoverRequest,
  ServerRegistration,
  SettleOutcome,
  SettleStatus,
} from "@revojs/core";
import { aClaim, anError, anId, DAY_MS, SECOND_MS } from "./builders.ts";

/** A claimed job with the token under which its server holds it. */
export type HeldJob = ClaimedJob & { readonly token: string };

export interface ClaimOptions extends Partial<Omit<ClaimRequest, "queues">> {
  /** Names only: each may give up to `limit`. */
  readonly queues?: readonly string[];
}

/** More calls than this for one claim means that the storage answers "ask at once" for ever. */
const MOST_CLAIM_CALLS = 200;

/** Registers a job server and returns what drives it. */
export async function aServer(
  storage: IJobStorage<unknown>,
  overrides: Partial<ServerRegistration> = {},
): Promise<ServerDriver> {
  const registration = { serverId: anId(), leaseMs: 15 * SECOND_MS, info: "{}", ...overrides };
  const reply = await storage.register(registration);
  return new ServerDriver(storage, registration.serverId, reply.beat);
}

/** A job server as far as a storage sees one: it claims, settles and beats, and decides nothing. */
export class ServerDriver {
  readonly storage: IJobStorage<unknown>;
  readonly id: string;
  #beat: number;

  constructor(storage: IJobStorage<unknown>, id: string, beat: number) {
    this.storage = storage;
    this.id = id;
    this.#beat = beat;
  }

  /** The same server through another client of the store. */
  through(storage: IJobStorage<unknown>): ServerDriver {
    return new ServerDriver(storage, this.id, this.#beat);
  }

  exchange(request: Partial<ExchangeRequest> = {}): Promise<ExchangeReply> {
    return this.storage.exchange({ serverId: this.id, settle: [], ...request });
  }

  /**
   * Claims up to `limit` jobs, in order. Asks again, under a new token, while the storage says that there is more at once: a
   * job promoted or settled by a call may be left for the next one.
   */
  async claim(limit = 100, options: ClaimOptions = {}): Promise<readonly HeldJob[]> {
    const { queues = ["default"], ...rest } = options;
    const held: HeldJob[] = [];
    for (let call = 0; call < MOST_CLAIM_CALLS; call++) {
      const wanted = limit - held.length;
      const claim = aClaim({
        limit: wanted,
        queues: queues.map((queue) => ({ queue, limit: wanted })),
        ...rest,
      });
      const reply = await this.exchange({ claim });
      held.push(...reply.jobs.map((job) => ({ ...job, token: claim.token })));
      const isDone = held.length >= limit || reply.nextClaimInMs !== 0;
      if (isDone || options.token !== undefined || options.maxBytes !== undefined) return held;
    }
    throw new assert.AssertionError({
      message: `nextClaimInMs was 0 after ${MOST_CLAIM_CALLS} claims`,
    });
  }

  /** Claims exactly one job. */
  async claimOne(options: ClaimOptions = {}): Promise<HeldJob> {
    const [job] = await this.claim(1, options);
    assert.ok(job, "expected a job to be claimed, got none");
    return job;
  }

  async settle(job: HeldJob, outcome: SettleOutcome): Promise<SettleStatus> {
    const [status] = await this.settleAll([job], outcome);
    assert.ok(status, "expected one status for one settlement, got none");
    return status;
  }

  async settleAll(
    jobs: readonly HeldJob[],
    outcome: SettleOutcome,
  ): Promise<readonly SettleStatus[]> {
    const settle = jobs.map((job) => ({ ...fenceOf(job), outcome }));
    const { settled } = await this.exchange({ settle });
    return settled;
  }

  /** Marks a job as about to run: a crash from now on is the job's own. */
  async start(job: HeldJob): Promise<void> {
    await this.exchange({ starting: [fenceOf(job)] });
  }

  async heartbeat(overrides: Partial<HeartbeatRequest> = {}): Promise<HeartbeatReply> {
    const reply = await this.storage.heartbeat({ serverId: this.id, peers: 0, ...overrides });
    this.#beat = reply.beat;
    return reply;
  }

  unregister(): Promise<void> {
    return this.storage.unregister(this.id);
  }

  /** What a witness does that has watched this server stand still for a lease. */
  recover(overrides: Partial<RecoverRequest> = {}): Promise<RecoverReply> {
    return this.storage.upkeep.recover({ ...aRecovery(this), ...overrides });
  }

  /** The beat of the last answer that this driver got. */
  get beat(): number {
    return this.#beat;
  }
}

/** Job, token and, where given, locator: what a storage needs in order to recognise a lease. */
export function fenceOf(job: HeldJob): {
  readonly jobId: string;
  readonly token: string;
  readonly locator?: string;
} {
  const { id: jobId, token, locator } = job;
  return locator === undefined ? { jobId, token } : { jobId, token, locator };
}

function aRecovery(server: ServerDriver): RecoverRequest {
  return {
    serverId: server.id,
    beat: server.beat,
    limit: 100,
    delayMs: 30 * SECOND_MS,
    retainMs: DAY_MS,
    error: anError({ fingerprint: "crash", text: "the server died" }),
  };
}
