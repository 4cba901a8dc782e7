/** Servers that this process has marked as hungry: their marks are in all partitions, and a full claim clears them. */
export type HungryServers = Set<string>;
