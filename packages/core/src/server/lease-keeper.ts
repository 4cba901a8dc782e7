import { RevoError } from "../errors.ts";
import type { EventHub } from "../events/event-hub.ts";
import type { HeartbeatReply } from "../storage/job-servers.ts";
import type { IJobStorage } from "../storage/job-storage.ts";
import type { IClock, ITimer } from "../support/clock.ts";
import { PeerWatch, type DeadPeer } from "./peer-watch.ts";

/** How many other job servers a heartbeat asks about. */
const PEERS = 64;
/** Part of the lease that is kept back when this server asks itself whether it still holds it, in milliseconds at least. */
const LEAST_MARGIN_MS = 1_000;

export interface LeaseKeeperOptions {
  readonly storage: IJobStorage;
  readonly clock: IClock;
  readonly events: EventHub;
  readonly leaseMs: number;
  readonly beatMs: number;
  newServerId(): string;
  /** What the console shows of this server, as text. */
  info(): string;
  /** Known under a new id, the first one too. */
  onRegistered(): void;
  /** Others may take, or have taken, what was claimed under this id. */
  onLost(serverId: string): void;
  /** The lease can no longer be trusted; nobody is known to have taken it. */
  onUncertain(): void;
  /** The storage has answered: the lease can be trusted for another while. */
  onTrusted(): void;
  onDeletions(jobIds: readonly string[]): void;
  onDesired(desired: HeartbeatReply["desired"]): void;
  onDead(peers: readonly DeadPeer[]): void;
}

/**
 * Keeps this job server's lease by one heartbeat for all its jobs, whatever their number, and watches its peers on the way.
 * The lease is lost only when the storage says so; a storage out of reach leaves it uncertain.
 */
export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions;
  readonly #watch = new PeerWatch();
  #serverId: string | null = null;
  #held = false;
  #storageId: string | null = null;
  #uncertainTimer: ITimer | null = null;
  /** Monotonic. */
  #trustedUntilMs = Number.NEGATIVE_INFINITY;
  /** The storage's wall clock minus this process's monotonic one, as last seen. */
  #storageOffsetMs: number | null = null;

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
  }

  /** The id under which jobs are claimed now. @throws `REVO_CLOSED` before the first registration. */
  get serverId(): string {
    if (this.#serverId === null)
      throw new RevoError("REVO_CLOSED", "The job server has not started");
    return this.#serverId;
  }

  /** The storage's wall clock, to the precision of a round trip. */
  get storageNowMs(): number {
    const { clock } = this.#options;
    return this.#storageOffsetMs === null
      ? clock.nowMs()
      : clock.monotonicMs() + this.#storageOffsetMs;
  }

  /** Whether this server is known to the storage, as far as it was told. */
  get isHeld(): boolean {
    return this.#held;
  }

  /**
   * Whether nobody else can have taken what is held, at this monotonic time. After a stall of this process the answer is right
   * before any timer has fired.
   */
  isTrustedAt(nowMs: number): boolean {
    return this.#held && nowMs < this.#trustedUntilMs;
  }

  /** Makes this server known under a new id. */
  async register(): Promise<void> {
    const { storage, clock, leaseMs } = this.#options;
    const serverId = this.#options.newServerId();
    const startedMs = clock.monotonicMs();
    const reply = await storage.register({ serverId, leaseMs, info: this.#options.info() });
    this.#serverId = serverId;
    this.#held = true;
    this.#takeIn(reply, startedMs);
    this.#options.onRegistered();
  }

  /** One sign of life, or, after a loss, a new beginning. @returns Milliseconds until the next. */
  async beat(): Promise<number> {
    const { storage, clock, beatMs } = this.#options;
    if (!this.#held) {
      await this.register();
      return beatMs;
    }
    const serverId = this.serverId;
    const startedMs = clock.monotonicMs();
    const reply = await storage.heartbeat({ serverId, peers: PEERS, info: this.#options.info() });
    if (reply.lease === "lost") {
      this.lost(serverId);
      return 0;
    }
    // Lost meanwhile, as an exchange was told.
    if (!this.#held) return 0;
    this.#takeIn(reply, startedMs);
    const { dead, lookInMs } = this.#watch.observe(reply.peers, clock.monotonicMs());
    if (dead.length > 0) this.#options.onDead(dead);
    return lookInMs === null ? beatMs : Math.min(beatMs, lookInMs + 1);
  }

  /** The storage said that `serverId` is lost: the next beat registers anew. Twice for one id is once. */
  lost(serverId: string): void {
    if (serverId !== this.#serverId || !this.#held) return;
    this.#held = false;
    this.#options.events.emit("server.lease-lost", { serverId });
    this.#options.onLost(serverId);
  }

  async unregister(): Promise<void> {
    this.close();
    if (this.#held) await this.#options.storage.unregister(this.serverId);
    this.#held = false;
  }

  /** Trust is watched no longer. */
  close(): void {
    this.#uncertainTimer?.cancel();
  }

  #takeIn(reply: HeartbeatReply, startedMs: number): void {
    this.#storageOffsetMs = reply.storageNow.getTime() - this.#options.clock.monotonicMs();
    this.#armTrust(startedMs);
    if (this.#storageId !== null && this.#storageId !== reply.storageId) {
      this.#options.events.emit("storage.reset", { before: this.#storageId, now: reply.storageId });
    }
    this.#storageId = reply.storageId;
    if (reply.deletions.length > 0) this.#options.onDeletions(reply.deletions);
    this.#options.onDesired(reply.desired);
    this.#options.onTrusted();
  }

  /** Trust is counted from before the call: the storage may have seen the beat at any moment since. */
  #armTrust(startedMs: number): void {
    const { clock, leaseMs } = this.#options;
    const marginMs = Math.min(Math.max(LEAST_MARGIN_MS, leaseMs / 10), leaseMs / 2);
    this.#trustedUntilMs = startedMs + leaseMs - marginMs;
    this.#uncertainTimer?.cancel();
    this.#uncertainTimer = clock.schedule(
      this.#trustedUntilMs - clock.monotonicMs(),
      () => this.#options.onUncertain(),
      false,
    );
  }
}
