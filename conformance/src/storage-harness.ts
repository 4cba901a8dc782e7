import type { IJobStorage, JobId } from "@revojs/core";

/** What the author of a storage supplies, once for each variant of it (pooled, clustered, poll-only …). */
export interface IStorageHarness {
  /** Shown in the titles: `postgres, poll only`. */
  readonly name: string;
  /**
   * Makes an empty store of its own for one case: a schema, a key prefix, a database, an object. Cases may run at the same
   * time, so two of them share nothing but the server.
   */
  create(options: StorageOptions): Promise<StorageUnderTest>;
}

export interface StorageOptions {
  /**
   * How far the wall clock of the client is ahead of the storage's, in milliseconds; negative: behind. A storage that is given
   * a clock gets one that is wrong by so much; of one that goes by its server's clock, that one is set: see
   * {@link StorageUnderTest.setBack}. No stored decision may change by it.
   */
  readonly workerClockSkewMs: number;
}

/** One empty store, and the hooks by which a case reaches around the contract. Optional hooks cost cases: see the README. */
export interface StorageUnderTest {
  /** The first client, **not opened**: the cases open it, and close it at their end. */
  readonly storage: IJobStorage<unknown>;
  /**
   * How far the storage's clock may move by itself while a case runs, in milliseconds: about 5000 on a real server.
   * @defaultValue 0: the clock stands still unless `advance` moves it
   */
  readonly slackMs?: number;
  /**
   * Another client on the same store, not opened, as if in another process. The case closes it.
   * Absent: the store lives in one object, and that object serves as every client.
   */
  readonly second?: () => Promise<IJobStorage<unknown>>;
  /**
   * Sets the **storage's** clock back by so much; negative: ahead. Called once, when the store has been opened and is empty, so
   * that the wall clock of this process, which nobody can set, is wrong by `workerClockSkewMs`. By the same means as `advance`.
   * Absent: the storage has no clock but the one that it is given.
   */
  readonly setBack?: (byMs: number) => Promise<void>;
  /** Moves the **storage's** clock on. A real server does it by an offset that its `now` expression reads. */
  readonly advance: (byMs: number) => Promise<void>;
  /**
   * Entries, rows, keys or buffers looked at so far by the storage, ever growing: what a claim costs whatever the machine.
   * Absent: no case about complexity runs.
   */
  readonly work?: () => Promise<number>;
  /**
   * Notes the present content. The function it returns brings it back, as a failover to a replica that lagged or a crash
   * without a flush would: later writes are lost, the clock goes on.
   */
  readonly snapshot?: () => Promise<() => Promise<void>>;
  /** Damages the stored row of a job in such a way that it cannot be read any more. */
  readonly corrupt?: (jobId: JobId) => Promise<void>;
  /** Needed by a storage with `transactions`: without it the cases about them fail. */
  readonly beginTransaction?: () => Promise<TransactionUnderTest>;
  /** Removes the store. The clients were closed before, unless the case failed on its way. */
  readonly dispose: () => Promise<void>;
}

export interface TransactionUnderTest {
  readonly transaction: unknown;
  readonly commit: () => Promise<void>;
  readonly rollback: () => Promise<void>;
}
