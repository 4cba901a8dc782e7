import type { JobId } from "../job/job-record.ts";

/** What a job server says of itself when it starts. */
export interface ServerRegistration {
  /** A UUID, new for each start and after each loss. */
  readonly serverId: string;
  readonly leaseMs: number;
  /** Host, version, queues, slots, lag …: for the console, at most 16 KiB. */
  readonly info: string;
}

/** A job server's sign of life. */
export interface HeartbeatRequest {
  readonly serverId: string;
  readonly info?: string;
  /** How many other servers to report, 0..64. */
  readonly peers: number;
}

/** What the storage tells a living job server. */
export interface HeartbeatReply {
  readonly lease: "held" | "lost";
  readonly storageId: string;
  readonly storageNow: Date;
  readonly beat: number;
  readonly desired: "run" | "quiet" | "stop";
  /** Jobs this server is processing whose deletion was requested: at most 1000, lowest ids first. */
  readonly deletions: readonly JobId[];
  /** The servers that follow this one by id, going round: who watches whom needs no clock. Lost ones included. */
  readonly peers: readonly {
    readonly serverId: string;
    readonly beat: number;
    readonly leaseMs: number;
    readonly lost: boolean;
  }[];
}
