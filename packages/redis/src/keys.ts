/** Of the names and forms of all keys below. A storage of another format is refused, so that neither spoils the other's data. */
export const FORMAT_VERSION = 1;

/**
 * Every key of a storage, with its type and what it holds. `<root>` is `{<prefix>}:<format>:`. The braces are a hash tag: all
 * keys are in one slot, so a script may touch any of them. Ids are in their short form of 22 characters, which sorts like the
 * UUID. Scripts make the names (`scripts/base.ts`).
 */
export const keyTable: readonly (readonly [key: string, type: string, holds: string])[] = [
  ["{<prefix>}:storage", "hash", "format, and the id by which a storage is recognised"],
  ["<root>offset", "string", "milliseconds to add to the server's clock; tests only"],
  ["<root>j:<job>", "string", "head: state and all that scripts read and write"],
  ["<root>d:<job>", "string", "body: tags, payload, envelope"],
  [
    "<root>x:<job>",
    "hash",
    "extras few jobs have: unique key, discard, reason, result, fingerprint, progress",
  ],
  ["<root>y:<job>", "list", "history: the newest 20 ended attempts and acts"],
  ["<root>l:<job>", "list", "log lines"],
  ["<root>ids", "zset", "every job, by id"],
  ["<root>queues", "zset", "every queue, by name"],
  [
    "<root>q:<queue>",
    "hash",
    "b<band> jobs enqueued, o<band> entries popped, s scheduled, p processing, pu ps pa pause",
  ],
  [
    "<root>r:<queue>:<band>",
    "list",
    "enqueued jobs, first at the head; entries of jobs that left otherwise stay until met",
  ],
  ["<root>due", "zset", "scheduled jobs, by due time"],
  ["<root>servers", "zset", "every server, by id"],
  [
    "<root>s:<server>",
    "hash",
    "b beat, ls lease, info, at, run, lost, hq queues it hungers for, tk tokens of its claims",
  ],
  ["<root>a:<server>", "zset", "jobs it processes, by start"],
  ["<root>m:<server>", "zset", "of these, the jobs to be deleted"],
  ["<root>hungry", "zset", "servers that sleep, by when they asked last"],
  ["<root>h:<queue>", "zset", "of these, the ones that hunger for the queue"],
  ["<root>u:<key>", "string", "unique key: the job that holds it, and until when"],
  ["<root>uw", "zset", "unique keys held for a time, by its end"],
  ["<root>f:<state>", "zset", "finished jobs, by when they finished"],
  ["<root>exp", "zset", "finished jobs, by when they are to be pruned"],
  ["<root>disc", "zset", "jobs to be discarded if nobody claims them, by when"],
  ["<root>turns", "hash", "upkeep tasks: time of the next turn"],
  ["<root>minutes", "zset", "minutes with metrics"],
  ["<root>mt:<minute>", "hash", "totals by server, queue and type"],
  ["<root>w:<server>", "channel", "wakes: jobs, due, control"],
];

/** What all keys of the storage but one begin with. */
export function rootOf(prefix: string): string {
  return `{${prefix}}:${FORMAT_VERSION}:`;
}

/** The key that every script is given. */
export function clockKeyOf(prefix: string): string {
  return `${rootOf(prefix)}offset`;
}

/** The key that every version knows. */
export function storageKeyOf(prefix: string): string {
  return `{${prefix}}:storage`;
}

/** The channel on which a server is woken. `server` is the short form of its id. */
export function channelOf(prefix: string, server: string): string {
  return `${rootOf(prefix)}w:${server}`;
}
