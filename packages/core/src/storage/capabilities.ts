import type { JobFilter, JobOrder } from "./monitor.ts";

/** Facts that a storage declares about itself. They don't change while it is open. */
export interface StorageCapabilities {
  /** Of this contract; core refuses one it does not know. */
  readonly contractVersion: 1;
  /** "postgres", "redis" …; shown, never compared. */
  readonly name: string;
  /** What a crash may lose: everything, about the last second, a disk, a quorum. As configured, known after `open`. */
  readonly durability: "memory" | "second" | "disk" | "quorum";
  /** Settle and claim of one exchange commit together. `false` costs nothing but a repeat: see `exchange`. */
  readonly atomicExchange: boolean;
  readonly claimOrder: "strict" | "window";
  /** Most items of one call, >= 100. Core splits. */
  readonly maxBatch: number;
  /** Most UTF-8 bytes of one `payload` or `result`, >= 1 MiB. */
  readonly maxTextBytes: number;
  /** Fields `find` and `count` may get, and whether they cost the rows found or the rows looked at. Core tests the rest itself. */
  readonly filters: Readonly<Partial<Record<keyof JobFilter, "indexed" | "scanned">>>;
  /** Orders `find` may get besides `natural`. */
  readonly orders: readonly JobOrder[];
  /** Settlement `succeed` may carry `followUps`. */
  readonly followUps?: true;
}

/** Which storage was opened, and in what condition it is. */
export interface StorageIdentity {
  /** Random, made with the schema. Another value than before means another or an emptied storage: `REVO_STORAGE_RESET`. */
  readonly storageId: string;
  readonly schemaVersion: number;
  /** What an operator ought to change; shown at start and in the console. */
  readonly warnings: readonly string[];
}
