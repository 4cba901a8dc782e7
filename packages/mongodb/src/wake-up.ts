import type { IClock } from "@revojs/core";
import { type ChangeStream, type Db, type FindCursor, Timestamp } from "mongodb";
import type { Collections } from "./collections.ts";
import type { WakeDocument } from "./documents.ts";
import type { WakeListeners } from "./wake-listeners.ts";

/** How messages arrive. */
export type WakeChannelKind = "tailable" | "changeStream";

/** How long the server holds an unanswered request of the cursor. */
const AWAIT_MS = 10_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

type Source = FindCursor<WakeDocument> | ChangeStream<WakeDocument>;

/**
 * Receives the messages to the job servers of this process: one cursor for all of them, opened when the first one listens. One
 * that ends is opened again where it ended, and everybody is told of the gap.
 */
export class WakeChannel {
  readonly #kind: WakeChannelKind;
  readonly #database: Db;
  readonly #wakes: Collections["wakes"];
  readonly #listeners: WakeListeners;
  readonly #clock: IClock;
  #source: Source | undefined;
  /** The newest message that was received. */
  #seen: Timestamp | undefined;
  #running: Promise<void> | undefined;
  #isClosed = false;
  #endPause: (() => void) | undefined;

  constructor(
    kind: WakeChannelKind,
    { wakes, database }: Pick<Collections, "wakes"> & { readonly database: Db },
    { listeners, clock }: { readonly listeners: WakeListeners; readonly clock: IClock },
  ) {
    this.#kind = kind;
    this.#database = database;
    this.#wakes = wakes;
    this.#listeners = listeners;
    this.#clock = clock;
  }

  /** Resolves once messages are received. */
  async start(): Promise<void> {
    this.#running ??= this.#open().then((source) => {
      void this.#run(source);
    });
    await this.#running;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#endPause?.();
    await this.#source?.close().catch(() => {});
  }

  async #run(first: Source): Promise<void> {
    let source: Source | undefined = first;
    let pauseMs = FIRST_PAUSE_MS;
    while (!this.#isClosed) {
      try {
        source ??= await this.#open();
        if (source !== first) this.#listeners.tellAll("gap");
        await this.#receive(source);
        pauseMs = FIRST_PAUSE_MS;
      } catch {
        // Told as a gap when it is back; until then the poll finds everything.
      }
      await source?.close().catch(() => {});
      source = undefined;
      if (this.#isClosed) return;
      await this.#pause(pauseMs);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  }

  async #open(): Promise<Source> {
    const source = this.#kind === "tailable" ? await this.#openTail() : await this.#openStream();
    this.#source = source;
    return source;
  }

  /** From the newest message on, or from the last one that was received: whatever is written from here on is seen. */
  async #openTail(): Promise<FindCursor<WakeDocument>> {
    this.#seen ??= (await this.#wakes.findOne({}, { sort: { $natural: -1 } }))?.at;
    return this.#wakes.find(this.#seen === undefined ? {} : { at: { $gt: this.#seen } }, {
      tailable: true,
      awaitData: true,
      maxAwaitTimeMS: AWAIT_MS,
    });
  }

  async #openStream(): Promise<ChangeStream<WakeDocument>> {
    const { operationTime } = await this.#database.command({ ping: 1 });
    const wakes = this.#database.collection<WakeDocument>(this.#wakes.collectionName, {
      // A stream takes no other.
      readConcern: { level: "majority" },
    });
    return wakes.watch<WakeDocument>([{ $match: { operationType: "insert" } }], {
      maxAwaitTimeMS: AWAIT_MS,
      ...(operationTime instanceof Timestamp && { startAtOperationTime: operationTime }),
    });
  }

  async #receive(source: Source): Promise<void> {
    for await (const item of source) {
      const wake = "operationType" in item ? fullDocumentOf(item) : item;
      if (wake === undefined || wake.cause === "seed") continue;
      this.#seen = wake.at;
      for (const serverId of wake.to) this.#listeners.tell(serverId, wake.cause);
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.schedule(ms, resolve, false);
      this.#endPause = () => {
        timer.cancel();
        resolve();
      };
    });
  }
}

function fullDocumentOf(item: object): WakeDocument | undefined {
  return "fullDocument" in item ? (item.fullDocument as WakeDocument) : undefined;
}
