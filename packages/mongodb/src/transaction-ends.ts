import type { IClock, ITimer } from "@revojs/core";
import type { ClientSession } from "mongodb";

const FIRST_LOOK_MS = 2;
const LONGEST_PAUSE_MS = 100;
/** A server ends a transaction after a minute by itself, unless it is set up otherwise; the poll finds what commits later. */
const MOST_WATCHED_MS = 120_000;

interface Watch<T> {
  readonly stored: T[];
  readonly transaction: number;
  readonly untilMs: number;
  readonly onEnded: () => void;
  timer: ITimer | undefined;
}

/**
 * Notices that a caller's transaction has ended. The driver tells only of the end of a session, which for most callers follows
 * at once; for one whose session lives on, its state is looked at, here in memory, ever less often. Whether it was committed
 * is not asked: what follows is a hint.
 */
export class TransactionEnds<T> {
  readonly #clock: IClock;
  readonly #onEnd: (stored: readonly T[]) => void;
  readonly #watches = new Map<ClientSession, Watch<T>>();

  /** @param onEnd Told, once for each transaction, what was stored in it. */
  constructor(clock: IClock, onEnd: (stored: readonly T[]) => void) {
    this.#clock = clock;
    this.#onEnd = onEnd;
  }

  /** `stored` was stored in the transaction that is under way in `session`. */
  watch(session: ClientSession, stored: readonly T[]): void {
    const earlier = this.#watches.get(session);
    if (earlier?.transaction === numberOf(session)) {
      earlier.stored.push(...stored);
      return;
    }
    if (earlier !== undefined) this.#end(session, earlier);
    const watch: Watch<T> = {
      stored: [...stored],
      transaction: numberOf(session),
      untilMs: this.#clock.monotonicMs() + MOST_WATCHED_MS,
      onEnded: () => this.#end(session, watch),
      timer: undefined,
    };
    this.#watches.set(session, watch);
    session.once("ended", watch.onEnded);
    this.#lookIn(FIRST_LOOK_MS, session, watch);
  }

  /** Nobody is told any more. */
  close(): void {
    for (const [session, watch] of this.#watches) this.#forget(session, watch);
  }

  #lookIn(pauseMs: number, session: ClientSession, watch: Watch<T>): void {
    const look = (): void => {
      const isUnderWay = session.inTransaction() && numberOf(session) === watch.transaction;
      if (!isUnderWay) this.#end(session, watch);
      else if (this.#clock.monotonicMs() > watch.untilMs) this.#forget(session, watch);
      else this.#lookIn(Math.min(pauseMs * 2, LONGEST_PAUSE_MS), session, watch);
    };
    watch.timer = this.#clock.schedule(pauseMs, look, false);
  }

  #end(session: ClientSession, watch: Watch<T>): void {
    this.#forget(session, watch);
    this.#onEnd(watch.stored);
  }

  #forget(session: ClientSession, watch: Watch<T>): void {
    watch.timer?.cancel();
    session.off("ended", watch.onEnded);
    this.#watches.delete(session);
  }
}

/** Which of the session's transactions it is. Of the next one it is another, once that has sent a command. */
function numberOf({ serverSession }: ClientSession): number {
  return serverSession.txnNumber;
}
