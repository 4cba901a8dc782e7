import { cpus, totalmem } from "node:os";

/** This machine and the Node that runs, for print. */
export function describeMachine(): string {
  const processor = cpus()[0]?.model.trim() ?? "unknown processor";
  const gib = Math.round(totalmem() / 2 ** 30);
  return `Node ${process.version}, ${cpus().length} × ${processor}, ${gib} GiB, ${process.platform}`;
}
