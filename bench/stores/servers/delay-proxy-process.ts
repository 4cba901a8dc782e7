// Passes connections on to a port of this machine; what comes back is kept for a while, so that a round trip takes longer.
import { connect, createServer, type Socket } from "node:net";
import { nowMs } from "../clock.ts";

const [targetPort, rttMs] = process.argv.slice(2).map(Number);
if (targetPort === undefined || rttMs === undefined) throw new Error("Needs a port and a delay");

/** What waits to be passed on, the oldest first. */
interface Kept {
  readonly chunk: Buffer;
  readonly dueMs: number;
  readonly to: Socket;
}

const kept: Kept[] = [];
let isWatching = false;

const server = createServer({ noDelay: true }, (client) => {
  const upstream = connect({ port: targetPort, host: "127.0.0.1", noDelay: true });
  client.pipe(upstream);
  upstream.on("data", (chunk: Buffer) => {
    kept.push({ chunk, dueMs: nowMs() + rttMs, to: client });
    watch();
  });
  upstream.on("close", () => client.destroySoon());
  client.on("close", () => upstream.destroy());
  for (const socket of [client, upstream]) socket.on("error", () => socket.destroy());
});

/** By timers, which wake up to a millisecond late: to look at the clock all the time would take a processor from the systems. */
function watch(): void {
  const next = kept[0];
  if (isWatching || next === undefined) return;
  isWatching = true;
  setTimeout(passOn, Math.max(1, next.dueMs - nowMs()));
}

function passOn(): void {
  isWatching = false;
  const now = nowMs();
  let due = 0;
  for (; due < kept.length; due++) {
    const { chunk, dueMs, to } = kept[due] as Kept;
    if (dueMs > now) break;
    if (!to.destroyed) to.write(chunk);
  }
  kept.splice(0, due);
  watch();
}

process.once("disconnect", () => process.exit());
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object" && address !== null) process.send?.(address.port);
});
