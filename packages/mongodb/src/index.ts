// The storage
export { MongodbJobStorage } from "./mongodb-job-storage.ts";
export type { MongodbJobStorageOptions } from "./options.ts";
