import type { IClock, JobId } from "@revojs/core";

/** A command that the server read late may still lease jobs so long after nobody waits for its answer any more. */
const WATCHED_MS = 10 * 60_000;
const PAUSE_MS = 2_000;

interface DoubtfulClaim {
  /** Given out under the token; absent while no try has succeeded. */
  delivered?: { readonly serverId: string; readonly ids: Set<JobId> };
  readonly untilMs: number;
}

/** A claim that is to be looked at. */
export interface DeliveredClaim {
  readonly token: string;
  readonly isDelivered: (jobId: JobId) => boolean;
}

/**
 * Claims of which one try got no answer and a later one succeeded. The lost try may be carried out after that, and lease jobs
 * which nobody was told of, to a server that lives and is never recovered. So these tokens are watched for a while.
 */
export class DoubtfulClaims {
  readonly #clock: IClock;
  readonly #claims = new Map<string, DoubtfulClaim>();
  #nextLookMs = 0;

  constructor(clock: IClock) {
    this.#clock = clock;
  }

  /** A try of a claim begins to lease. @returns Whether it is the first one. */
  begin(token: string): boolean {
    const known = this.#claims.get(token);
    const untilMs = this.#clock.monotonicMs() + WATCHED_MS;
    this.#claims.set(token, { ...known, untilMs });
    return known === undefined;
  }

  /** The first try was answered: there is no doubt. */
  end(token: string): void {
    this.#claims.delete(token);
  }

  /** These jobs of a claim are given out, by a later try. */
  deliver(token: string, serverId: string, ids: readonly JobId[]): void {
    const claim = this.#claims.get(token);
    if (claim === undefined) return;
    claim.delivered ??= { serverId, ids: new Set() };
    for (const id of ids) claim.delivered.ids.add(id);
  }

  /** The delivered claims of the server, now and then; else none. */
  toLookAt(serverId: string): readonly DeliveredClaim[] {
    if (this.#claims.size === 0) return [];
    const nowMs = this.#clock.monotonicMs();
    if (nowMs < this.#nextLookMs) return [];
    this.#nextLookMs = nowMs + PAUSE_MS;
    const found: DeliveredClaim[] = [];
    for (const [token, { delivered, untilMs }] of this.#claims) {
      if (untilMs < nowMs) this.#claims.delete(token);
      else if (delivered?.serverId === serverId)
        found.push({ token, isDelivered: (jobId) => delivered.ids.has(jobId) });
    }
    return found;
  }
}
