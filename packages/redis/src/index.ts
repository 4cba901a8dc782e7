// The storage
export type { RedisJobStorageOptions } from "./options.ts";
export { RedisJobStorage } from "./redis-job-storage.ts";
