// The storage
export { MemoryJobStorage } from "./memory-job-storage.ts";
export type { MemoryJobStorageOptions } from "./memory-options.ts";
export type { MemorySnapshot } from "./memory-snapshot.ts";
