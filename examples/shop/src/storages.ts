import type { IJobStorage } from "@revojs/core";
import { MemoryJobStorage } from "@revojs/memory";
import { UsageError } from "./console/usage-error.ts";

/** The storages that the demo can run on, by the beginning of their URL. Another storage is another line. */
const storages: Readonly<Record<string, (url: URL) => IJobStorage<unknown>>> = {
  "memory://": () => new MemoryJobStorage(),
};

export const storageNames: readonly string[] = Object.keys(storages);

/**
 * Makes the storage that a URL names.
 * @throws {@link UsageError}: there is none of that name.
 */
export function makeStorage(url: string): IJobStorage<unknown> {
  const name = storageNames.find((start) => url.startsWith(start));
  const make = name === undefined ? undefined : storages[name];
  if (make === undefined || !URL.canParse(url)) {
    throw new UsageError(`There is no storage ${url}. There is: ${storageNames.join(", ")}`);
  }
  return make(new URL(url));
}
