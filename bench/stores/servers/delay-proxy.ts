import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** A process that passes connections on to a server and keeps back what it answers. */
export interface DelayProxy {
  /** On the loopback interface. */
  readonly port: number;
  stop(): void;
}

/** @param rttMs What a round trip takes longer, in milliseconds, >= 1. */
export async function startDelayProxy(targetPort: number, rttMs: number): Promise<DelayProxy> {
  const child: ChildProcess = fork(join(import.meta.dirname, "delay-proxy-process.ts"), [
    String(targetPort),
    String(rttMs),
  ]);
  const [port] = (await once(child, "message")) as [number];
  return { port, stop: () => child.disconnect() };
}
