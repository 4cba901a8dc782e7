import type { IClock, JobId, NewJob } from "@revojs/core";
import type { Connection } from "../connection.ts";
import type { RedisSettings } from "../options.ts";
import { Store } from "../store.ts";
import { partitionOfText, partitionPrefixes } from "./partition-prefixes.ts";

/** The parts of a storage, each a storage in one slot. The first also has what there is but once: beats, turns, metrics. */
export class Partitions {
  readonly stores: readonly Store[];

  constructor(
    settings: RedisSettings,
    connection: Connection,
    stores: readonly Store[] = storesOf(settings, connection),
  ) {
    this.stores = stores;
  }

  /** The same for one call, all steps of which together have the time that is set. */
  forOneCall(clock: IClock): Partitions {
    const { settings, connection } = this.first;
    const startedMs = clock.monotonicMs();
    const remainingMs = (): number =>
      Math.ceil(settings.callTimeoutMs - (clock.monotonicMs() - startedMs));
    const stores = this.stores.map((store) => new Store(store.settings, connection, remainingMs));
    return new Partitions(settings, connection, stores);
  }

  get count(): number {
    return this.stores.length;
  }

  get first(): Store {
    return this.at(0);
  }

  at(partition: number): Store {
    const store = this.stores[partition];
    if (store === undefined) throw new RangeError(`There is no partition ${partition}`);
    return store;
  }

  /** Where a job of this id is, or where there is a pointer to it. */
  homeOf(id: JobId): number {
    return partitionOfText(id, this.count);
  }

  /** Where the holder of a unique key is, whatever its id. */
  ofKey(uniqueKey: string): number {
    return partitionOfText(uniqueKey, this.count);
  }

  /** Where a new job is to be stored. */
  of(job: NewJob): number {
    return job.unique === undefined ? this.homeOf(job.id) : this.ofKey(job.unique.key);
  }
}

function storesOf(settings: RedisSettings, connection: Connection): readonly Store[] {
  const prefixes = partitionPrefixes(settings.prefix, settings.partitions);
  return prefixes.map((prefix) => new Store({ ...settings, prefix }, connection));
}
