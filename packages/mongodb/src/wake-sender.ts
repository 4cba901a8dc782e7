import type { IClock, ITimer } from "@revojs/core";
import { type Filter, Timestamp } from "mongodb";
import type { Collections } from "./collections.ts";
import { serverIdOf } from "./control-ids.ts";
import type { ServerDocument, WakeDocument } from "./documents.ts";
import type { WakeListeners } from "./wake-listeners.ts";

/** Most servers that one call wakes. Whoever then claims all it can and leaves some wakes the next. */
const MOST_WOKEN = 3;
/** Hungry servers looked at when some are to be woken. */
const MOST_LOOKED_AT = 16;
/** Wakes of other processes are sent at most once in this time. */
const PAUSE_MS = 4;
/** How long it is believed that somebody is hungry. That nobody is, is never believed: the next enqueue looks again. */
const BELIEVED_MS = 500;
/** More queues than this are not remembered. */
const MOST_REMEMBERED = 100;

/** What the sender works with. */
export interface WakeSenderParts {
  readonly collections: Pick<Collections, "servers" | "wakes" | "jobs">;
  readonly listeners: WakeListeners;
  readonly clock: IClock;
  /** Absent: nobody in another process can be told. */
  readonly canSend: boolean;
}

/** See {@link WakeSender.onFed}. */
export interface FedOptions {
  readonly except?: string;
  readonly jobs?: number;
  readonly remembered?: boolean;
}

/**
 * Wakes job servers that sleep for want of what came: those of this process by a call, others by a document that their cursors
 * wait for. A wake is a hint, so no call fails or waits for one; and under load nobody is hungry, and nothing is sent.
 */
export class WakeSender {
  readonly #parts: WakeSenderParts;
  readonly #underWay = new Set<Promise<unknown>>();
  #lastSentMs = -Infinity;
  /** Who was hungry for these queues. */
  readonly #known = new Map<string, { hungry: readonly string[]; untilMs: number }>();
  /** To be told with the next message. */
  readonly #waiting = { jobs: new Set<string>(), due: new Set<string>() };
  #timer: ITimer | undefined;

  constructor(parts: WakeSenderParts) {
    this.#parts = parts;
  }

  /**
   * There is something to claim in these queues, or will be at once. Resolves when it is known who is to be told; never
   * rejects.
   * @param jobs How many, as far as it is known: no more are woken.
   * @param remembered Whether what was read a moment ago will do.
   */
  async onFed(
    queues: readonly string[],
    { except, jobs = MOST_WOKEN, remembered = false }: FedOptions = {},
  ): Promise<void> {
    if (queues.length === 0) return;
    const hungry =
      (remembered ? this.#remember(queues) : undefined) ?? (await this.#findHungryFor(queues));
    this.#wake(
      hungry.filter((serverId) => serverId !== except),
      { cause: "jobs", most: jobs },
    );
  }

  /** A job was scheduled for this time. Where it is the earliest now, timers armed for another one are late. Never rejects. */
  async onScheduled(dueAt: Date): Promise<void> {
    const [earliest, hungry] = await Promise.all([
      this.#parts.collections.jobs
        .findOne(
          { state: "scheduled" },
          { projection: { dueAt: 1 }, sort: { dueAt: 1, order: 1 }, hint: "due" },
        )
        .catch(() => null),
      this.#findHungry({ $exists: true }),
    ]);
    if (earliest?.dueAt === undefined || earliest.dueAt < dueAt) return;
    this.#wake(hungry, { cause: "due", most: 1 });
  }

  /** One server has to look what it is told. */
  async tell(serverId: string): Promise<void> {
    if (this.#parts.listeners.tell(serverId, "control")) return;
    if (this.#parts.canSend) this.#send([serverId], "control");
    await Promise.all(this.#underWay);
  }

  /** Nothing is sent any more; what is under way ends. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    await Promise.all(this.#underWay);
  }

  #remember(queues: readonly string[]): readonly string[] | undefined {
    const known = this.#known.get(queues.join(" "));
    if (known === undefined || known.untilMs < this.#parts.clock.monotonicMs()) return undefined;
    return known.hungry;
  }

  async #findHungryFor(queues: readonly string[]): Promise<readonly string[]> {
    const hungry = await this.#findHungry(queues.length === 1 ? queues[0] : { $in: [...queues] });
    const key = queues.join(" ");
    this.#known.delete(key);
    if (hungry.length > 0) {
      if (this.#known.size >= MOST_REMEMBERED) this.#known.clear();
      this.#known.set(key, { hungry, untilMs: this.#parts.clock.monotonicMs() + BELIEVED_MS });
    }
    return hungry;
  }

  async #findHungry(hungry: object | string | undefined): Promise<readonly string[]> {
    const { canSend, collections } = this.#parts;
    if (!canSend) return [];
    try {
      const rows = await collections.servers
        .find({ hungry, lost: { $exists: false } } as Filter<ServerDocument>, {
          projection: { _id: 1 },
          limit: MOST_LOOKED_AT,
          hint: "hungry",
        })
        .toArray();
      return rows.map(({ _id }) => serverIdOf(_id));
    } catch {
      // A wake is a hint: who could not be looked up will ask by itself.
      return [];
    }
  }

  #wake(
    hungry: readonly string[],
    { cause, most }: { readonly cause: "jobs" | "due"; readonly most: number },
  ): void {
    const { listeners, clock } = this.#parts;
    const chosen = this.#localFirst(hungry).slice(0, Math.min(most, MOST_WOKEN));
    const others = chosen.filter((serverId) => !listeners.tell(serverId, cause));
    if (others.length === 0) return;
    const waiting = this.#waiting[cause];
    for (const serverId of others) waiting.add(serverId);
    const restMs = this.#lastSentMs + PAUSE_MS - clock.monotonicMs();
    if (restMs <= 0) this.#sendWaiting();
    else this.#timer ??= clock.schedule(restMs, () => this.#sendWaiting(), false);
  }

  #sendWaiting(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#lastSentMs = this.#parts.clock.monotonicMs();
    for (const cause of ["jobs", "due"] as const) {
      const to = [...this.#waiting[cause]].slice(0, MOST_WOKEN);
      this.#waiting[cause].clear();
      if (to.length > 0) this.#send(to, cause);
    }
  }

  #send(to: readonly string[], cause: WakeDocument["cause"]): void {
    const sent = this.#parts.collections.wakes
      .insertOne(
        { at: new Timestamp({ t: 0, i: 0 }), to, cause },
        { writeConcern: { w: 1 }, forceServerObjectId: true },
      )
      // A wake is a hint.
      .catch(() => {})
      .finally(() => this.#underWay.delete(sent));
    this.#underWay.add(sent);
  }

  /** Whoever listens here needs no message; among the others each has its turn. */
  #localFirst(serverIds: readonly string[]): readonly string[] {
    const start = Math.floor(Math.random() * serverIds.length);
    const rotated = [...serverIds.slice(start), ...serverIds.slice(0, start)];
    const isLocal = (serverId: string): boolean => this.#parts.listeners.has(serverId);
    return [...rotated.filter(isLocal), ...rotated.filter((serverId) => !isLocal(serverId))];
  }
}
