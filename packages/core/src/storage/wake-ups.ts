/** Push is a hint, the poll is the truth: a wake carries nothing that must arrive. */
export interface IWakeUps {
  /** `exact`: hunger is marked atomically with the empty claim. `hint`: an enqueue may just miss it; core asks again after 5, 20, 100, 500 ms. */
  readonly kind: "exact" | "hint";
  /**
   * Calls `onWake` when a job this server hungers for was enqueued (`jobs`), a job became the earliest due (`due`), one of its jobs is
   * to be deleted or `desired` changed (`control`: core sends a heartbeat at once), or the channel came back after a gap (`gap`: anything may have been missed).
   * Resolves once wakes are being received. `onWake` never throws.
   */
  listen(request: {
    readonly serverId: string;
    readonly onWake: (cause: "jobs" | "due" | "control" | "gap") => void;
  }): Promise<{ close(): Promise<void> }>;
}
