import type { IClock, NewJob } from "@revojs/core";
import { Timestamp } from "mongodb";
import type { Collections } from "./collections.ts";
import { serverIdOf } from "./control-ids.ts";
import type { WakeDocument } from "./documents.ts";
import type { WakeListeners } from "./wake-listeners.ts";

/** Most servers that one call wakes. Whoever then claims all it can and leaves some wakes the next. */
const MOST_WOKEN = 3;
/** Hungry servers looked at when some are to be woken. */
const MOST_LOOKED_AT = 16;
/** Wakes of other processes are sent at most once in this time. */
const PAUSE_MS = 10;

/** What the sender works with. */
export interface WakeSenderParts {
  readonly collections: Pick<Collections, "servers" | "wakes" | "jobs">;
  readonly listeners: WakeListeners;
  readonly clock: IClock;
  /** Absent: nobody in another process can be told. */
  readonly canSend: boolean;
}

/**
 * Wakes job servers that sleep for want of what came: those of this process by a call, others by a document that their cursors
 * wait for. A wake is a hint, so no call fails or waits for one; and under load nobody is hungry, and nothing is sent.
 */
export class WakeSender {
  readonly #parts: WakeSenderParts;
  readonly #underWay = new Set<Promise<unknown>>();
  #lastSentMs = -Infinity;
  readonly #waiting = new Set<string>();
  #timer: { cancel(): void } | undefined;

  constructor(parts: WakeSenderParts) {
    this.#parts = parts;
  }

  /** Reads who is hungry for any of the queues. Never rejects. */
  async lookForHungry(queues: readonly string[]): Promise<readonly string[]> {
    if (!this.#parts.canSend || queues.length === 0) return [];
    return this.#find({ hungry: queues.length === 1 ? queues[0] : { $in: [...queues] } });
  }

  /** New jobs are stored. @param hungry Who was hungry for their queues, as read beside the insert. */
  async onEnqueued(jobs: readonly NewJob[], hungry: Promise<readonly string[]>): Promise<void> {
    if (jobs.length === 0) return;
    const now = jobs.filter(({ start }) => start.kind !== "delay" && start.kind !== "at");
    const mayBeNow = now.length > 0 ? now : jobs.filter(({ start }) => start.kind === "at");
    if (mayBeNow.length > 0) this.#wake(await hungry, mayBeNow.length, mayBeNow[0]?.queue);
    if (mayBeNow.length < jobs.length) await this.onScheduled();
  }

  /** The same where nobody has looked yet. */
  async onEnqueuedLater(jobs: readonly NewJob[]): Promise<void> {
    const queues = [...new Set(jobs.map(({ queue }) => queue))];
    await this.onEnqueued(jobs, this.lookForHungry(queues));
  }

  /** There is something to claim in these queues. */
  async onFed(
    queues: readonly string[],
    { except }: { readonly except?: string } = {},
  ): Promise<void> {
    const hungry = await this.lookForHungry(queues);
    this.#wake(
      hungry.filter((serverId) => serverId !== except),
      MOST_WOKEN,
      queues[0],
    );
  }

  /** A job was scheduled, which may be the earliest now: timers armed for another one are late. */
  async onScheduled(): Promise<void> {
    if (!this.#parts.canSend) return;
    const hungry = await this.#find({ hungry: { $exists: true } });
    const [serverId] = this.#localFirst(hungry);
    if (serverId === undefined) return;
    if (!this.#parts.listeners.tell(serverId, "due")) this.#send([serverId], "due");
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

  async #find(query: object): Promise<readonly string[]> {
    try {
      const rows = await this.#parts.collections.servers
        .find(
          { ...query, lost: { $exists: false } },
          { projection: { _id: 1 }, limit: MOST_LOOKED_AT },
        )
        .toArray();
      return rows.map(({ _id }) => serverIdOf(_id));
    } catch {
      // A wake is a hint: who could not be looked up will ask by itself.
      return [];
    }
  }

  #wake(hungry: readonly string[], jobs: number, queue: string | undefined): void {
    const chosen = this.#localFirst(hungry).slice(0, Math.min(jobs, MOST_WOKEN));
    const others = chosen.filter((serverId) => !this.#parts.listeners.tell(serverId, "jobs"));
    if (others.length === 0 || queue === undefined) return;
    const sinceMs = this.#parts.clock.monotonicMs() - this.#lastSentMs;
    if (sinceMs >= PAUSE_MS) {
      this.#lastSentMs = this.#parts.clock.monotonicMs();
      this.#send(others, "jobs");
      return;
    }
    for (const serverId of others) this.#waiting.add(serverId);
    this.#timer ??= this.#parts.clock.schedule(PAUSE_MS - sinceMs, () => this.#sendWaiting());
  }

  #sendWaiting(): void {
    this.#timer = undefined;
    this.#lastSentMs = this.#parts.clock.monotonicMs();
    const waiting = [...this.#waiting].slice(0, MOST_WOKEN);
    this.#waiting.clear();
    this.#send(waiting, "jobs");
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
