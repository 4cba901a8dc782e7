import type { Db, MongoClient, WriteConcernSettings } from "mongodb";
import type { CallParts } from "./call.ts";
import type { ClaimTrail } from "./claim-trail.ts";
import type { ClaimWindow } from "./claim-window.ts";
import type { Collections } from "./collections.ts";
import type { DoubtfulClaims } from "./doubtful-claims.ts";
import type { HungerBook } from "./hunger-book.ts";
import type { KnownLeases } from "./known-leases.ts";
import type { Settings } from "./options.ts";
import type { Sleepers } from "./sleepers.ts";
import type { SparseTask } from "./sparse-task.ts";
import type { ServerClock } from "./server-clock.ts";
import type { TransactionEnds } from "./transaction-ends.ts";
import type { Fed } from "./operations/wake-for.ts";
import type { WakeSender } from "./wake-sender.ts";

/** An opened storage: what the operations work with. */
export interface Store extends Collections {
  readonly client: MongoClient;
  readonly database: Db;
  readonly settings: Settings;
  readonly storageId: string;
  readonly serverClock: ServerClock;
  readonly call: CallParts;
  readonly leases: KnownLeases;
  readonly doubts: DoubtfulClaims;
  readonly window: ClaimWindow;
  readonly trail: ClaimTrail;
  readonly hunger: HungerBook;
  readonly sleepers: Sleepers;
  /** What `prune` does only now and then. */
  readonly sparse: SparseTask;
  readonly wakeSender: WakeSender;
  /** Tells when jobs that were stored in a caller's transaction may be seen. */
  readonly transactionEnds: TransactionEnds<Fed>;
  readonly concerns: WriteConcerns;
}

/** How sure a write must be before it is answered. */
export interface WriteConcerns {
  /** Of claims and beats: what a lost primary takes with it is made anew, under another token. */
  readonly quick: WriteConcernSettings;
  /** Of everything that somebody relies on. */
  readonly safe: WriteConcernSettings;
}
