import type { IStorageHarness } from "@revojs/conformance";
import { ManualClock } from "@revojs/core";
import { MemoryJobStorage } from "../src/memory-job-storage.ts";

/**
 * The memory storage as the conformance suite wants it. The clock it is given is the storage's own, which is right by
 * definition; a wrong worker clock has nowhere to enter.
 */
export const memoryHarness: IStorageHarness = {
  name: "memory",
  create: async () => {
    const clock = new ManualClock();
    const storage = new MemoryJobStorage({ clock });
    return {
      storage,
      advance: (byMs) => clock.advance(byMs),
      work: async () => storage.operations,
      snapshot: async () => {
        const snapshot = storage.snapshot();
        return async () => storage.rollbackTo(snapshot);
      },
      corrupt: async (jobId) => storage.corrupt(jobId),
      dispose: async () => {},
    };
  },
};
