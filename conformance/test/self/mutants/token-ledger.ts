import type { ExchangeReply, ExchangeRequest, JobId } from "@revojs/core";

/** The token under which each job was claimed last: what a storage without a fence acts under. */
export class TokenLedger {
  readonly #tokens = new Map<JobId, string>();

  note(request: ExchangeRequest, reply: ExchangeReply): void {
    if (request.claim === undefined) return;
    for (const job of reply.jobs) this.#tokens.set(job.id, request.claim.token);
  }

  /** `fallback` when the job was never claimed. */
  tokenOf(jobId: JobId, fallback: string): string {
    return this.#tokens.get(jobId) ?? fallback;
  }

  /** The request as it looks to a storage that does not compare tokens. */
  unfenced(request: ExchangeRequest): ExchangeRequest {
    const settle = request.settle.map((settlement) => ({
      ...settlement,
      token: this.tokenOf(settlement.jobId, settlement.token),
    }));
    return { ...request, settle };
  }
}
