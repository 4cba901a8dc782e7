import type { ServerRecord } from "../storage/monitor.ts";
import type { ServerSnapshot } from "./job-monitor.ts";

const states = { run: "running", quiet: "quiet", stop: "stopping" } as const;

/** A job server as it is shown. Information that cannot be read is left out. */
export function serverSnapshotOf(record: ServerRecord): ServerSnapshot {
  return {
    id: record.serverId,
    state: record.lost ? "lost" : states[record.desired],
    processing: record.processing,
    leaseMs: record.leaseMs,
    beatAt: record.beatAt,
    info: parseInfo(record.info),
  };
}

function parseInfo(text: string): Readonly<Record<string, unknown>> {
  try {
    const info: unknown = JSON.parse(text);
    if (typeof info === "object" && info !== null && !Array.isArray(info)) {
      return info as Readonly<Record<string, unknown>>;
    }
  } catch {
    // Another release, or another program, wrote something else there.
  }
  return {};
}
