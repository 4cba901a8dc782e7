import type { IStorageHarness, StorageUnderTest } from "@revojs/conformance";
import { type IJobStorage, ManualClock } from "@revojs/core";
import { MemoryJobStorage } from "@revojs/memory";

/** What stands between a case and the storage: nothing, or one of the mutants. */
export type Wrap = (
  storage: MemoryJobStorage,
  surroundings: { readonly clock: ManualClock; readonly workerClockSkewMs: number },
) => IJobStorage<unknown>;

/** The memory storage under a clock that stands still. A wrap may put another storage before it. */
export function memoryHarness(wrap: Wrap = (storage) => storage, name = "memory"): IStorageHarness {
  return {
    name,
    async create({ workerClockSkewMs }): Promise<StorageUnderTest> {
      const clock = new ManualClock();
      const memory = new MemoryJobStorage({ clock });
      return {
        storage: wrap(memory, { clock, workerClockSkewMs }),
        advance: (byMs) => clock.advance(byMs),
        work: async () => memory.operations,
        snapshot: async () => {
          const snapshot = memory.snapshot();
          return async () => memory.rollbackTo(snapshot);
        },
        corrupt: async (jobId) => memory.corrupt(jobId),
        dispose: async () => memory.reset(),
      };
    },
  };
}
