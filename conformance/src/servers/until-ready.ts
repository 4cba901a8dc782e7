import { setTimeout as delay } from "node:timers/promises";

/** How long a server may take to accept a connection, in milliseconds; a first start writes its data folder. */
const patienceMs = 60_000;
const pauseMs = 50;

/**
 * Tries until it works.
 *
 * @param ended Rejects when there is no more to wait for.
 * @throws The error of `ended`, or the last one of `probe` when patience is at its end.
 */
export async function untilReady<Result>(
  probe: () => Promise<Result>,
  ended: Promise<never>,
): Promise<Result> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      return await Promise.race([probe(), ended]);
    } catch (error) {
      if (isMissingPackage(error)) throw error;
      await Promise.race([delay(pauseMs), ended]);
      if (performance.now() > deadline) throw error;
    }
  }
}

/** The driver is an optional peer: without it no amount of patience helps. */
function isMissingPackage(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND";
}
