/** Of the names and forms of all keys below. A storage of another format is refused, so that neither spoils the other's data. */
export const FORMAT_VERSION = 1;

/** One kind of key. */
export interface KeyKind {
  /** By this name scripts speak of it: `EXTRA .. id`. */
  readonly name: string;
  /** What follows the root, which is `{<prefix>}:<format>:`. What stands in angle brackets is appended by the script. */
  readonly key: string;
  readonly type: "string" | "list" | "hash" | "zset" | "channel";
  readonly holds: string;
}

/**
 * Every kind of key of a storage but `{<prefix>}:storage`, a hash with the format and the id by which the storage is recognised.
 *
 * The braces are a hash tag: all keys are in one slot, so a script may touch any of them. `<job>` and `<server>` are ids in their
 * short form of 22 characters, which sorts like the UUID.
 */
export const keyKinds: readonly KeyKind[] = [
  kind("OFFSET", "offset", "string", "milliseconds to add to the server's clock; tests only"),
  kind("JOB", "j:<job>", "string", "head: state and all that scripts read and write; or a pointer"),
  kind("BODY", "d:<job>", "string", "body: tags, payload, envelope"),
  kind("EXTRA", "x:<job>", "hash", "what few jobs have: key, discard, reason, result, progress …"),
  kind("HISTORY", "y:<job>", "list", "the newest 20 ended attempts and acts"),
  kind("LOG", "l:<job>", "list", "log lines"),
  kind("IDS", "ids", "zset", "every job, by id"),
  kind("QUEUES", "queues", "zset", "every queue, by name"),
  kind(
    "QUEUE",
    "q:<queue>",
    "hash",
    "b<band> enqueued, o<band> popped, s scheduled, p processing, pu ps pa pause",
  ),
  kind(
    "READY",
    "r:<queue>:<band>",
    "list",
    "enqueued jobs; entries of jobs that left otherwise stay until met",
  ),
  kind("DUE", "due", "zset", "scheduled jobs, by due time"),
  kind("SERVERS", "servers", "zset", "every server, by id"),
  kind(
    "SERVER",
    "s:<server>",
    "hash",
    "b beat, ls lease, info, at, run, lost, hq hungers for, tk tokens",
  ),
  kind("LEASES", "a:<server>", "zset", "jobs it processes, by start"),
  kind("MARKS", "m:<server>", "zset", "of these, the jobs to be deleted"),
  kind("HUNGRY", "hungry", "zset", "servers that sleep, by when they asked last"),
  kind("HUNGER", "h:<queue>", "zset", "of these, the ones that hunger for the queue"),
  kind("UNIQUE", "u:<key>", "string", "the job that holds the unique key, and until when"),
  kind("WINDOWS", "uw", "zset", "unique keys held for a time, by its end"),
  kind("FINISHED", "f:<state>", "zset", "finished jobs, by when they finished"),
  kind("EXPIRY", "exp", "zset", "finished jobs, by when they are to be pruned"),
  kind("DISCARD", "disc", "zset", "jobs to be discarded if nobody claims them, by when"),
  kind("TYPED", "t:<type>", "zset", "with `indexTags`: jobs of the type, by id"),
  kind("TAGGED", "g:<tag>", "zset", "with `indexTags`: jobs with the tag, by id"),
  kind("AWAY", "away", "zset", "with `partitions`: jobs that are in another one, by when to look"),
  kind(
    "SEQUENCE",
    "seq",
    "string",
    "with `partitions`: the last number of a pointer to such a job",
  ),
  kind("FENCED", "n:<job>", "string", "with `partitions`: pointers up to this one were given up"),
  kind("TURNS", "turns", "hash", "tasks of upkeep: time of the next turn"),
  kind("MINUTES", "minutes", "zset", "minutes with metrics"),
  kind("MINUTE", "mt:<minute>", "hash", "totals by server, queue and type"),
  kind("NOTHING", "nothing", "string", "never there: see HOWEVER_FULL"),
  kind("CHANNEL", "w:<server>", "channel", "wakes: jobs, due, control"),
];

function kind(name: string, key: string, type: KeyKind["type"], holds: string): KeyKind {
  return { name, key, type, holds };
}

/** What all keys of the storage but one begin with. */
export function rootOf(prefix: string): string {
  return `{${prefix}}:${FORMAT_VERSION}:`;
}

/** The key that every script is given: it tells the slot, and its name the names of all others. */
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
