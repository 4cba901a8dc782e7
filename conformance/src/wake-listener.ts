import assert from "node:assert/strict";
import { type IJobStorage, SystemClock } from "@revojs/core";

export type WakeCause = "jobs" | "due" | "control" | "gap";

/** Real time: wakes travel through a real server. Long enough for a slow one, and only a broken one lets it pass. */
const PATIENCE_MS = 10_000;

/** Listens for the wakes of one server and lets a case wait for them. */
export class WakeListener {
  readonly #received: WakeCause[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #clock = new SystemClock();
  #subscription: { close(): Promise<void> } | undefined;

  static async start(storage: IJobStorage<unknown>, serverId: string): Promise<WakeListener> {
    assert.ok(storage.wakeUps);
    const listener = new WakeListener();
    listener.#subscription = await storage.wakeUps.listen({
      serverId,
      onWake: (cause) => listener.#receive(cause),
    });
    return listener;
  }

  /** The causes received so far. */
  get received(): readonly WakeCause[] {
    return this.#received;
  }

  /** Forgets what was received. */
  clear(): void {
    this.#received.length = 0;
  }

  /** Resolves as soon as a wake for this cause was received; `gap` stands for every cause. */
  async expect(cause: WakeCause): Promise<void> {
    const isThere = (): boolean => this.#received.some((one) => one === cause || one === "gap");
    if (isThere()) return;
    await new Promise<void>((resolve, reject) => {
      const timer = this.#clock.schedule(PATIENCE_MS, () => {
        this.#waiting.delete(check);
        const told = this.#received.join(", ");
        reject(
          new assert.AssertionError({ message: `expected a wake for ${cause}, got: ${told}` }),
        );
      });
      const check = (): void => {
        if (!isThere()) return;
        timer.cancel();
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
    });
  }

  async close(): Promise<void> {
    await this.#subscription?.close();
  }

  #receive(cause: WakeCause): void {
    this.#received.push(cause);
    for (const check of this.#waiting) check();
  }
}
