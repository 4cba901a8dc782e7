/**
 * Job servers of this process whose last claim found nothing, so that the next one only asks whether there is anything, by a
 * single command: of an idle server this is nearly all that it does. Whoever was told of something claims at once.
 */
export class Sleepers {
  readonly #untilMs = new Map<string, number>();

  /** Its claim found nothing. @param untilMs When there may be something without anybody telling, by the storage's clock. */
  sleeps(serverId: string, untilMs: number): void {
    this.#untilMs.set(serverId, untilMs);
  }

  /** There is, or may be, something for it. */
  isWoken(serverId: string): void {
    this.#untilMs.delete(serverId);
  }

  /** Whether nothing is to be expected now. */
  expectsNothing(serverId: string, nowMs: number): boolean {
    const untilMs = this.#untilMs.get(serverId);
    return untilMs !== undefined && nowMs < untilMs;
  }
}
