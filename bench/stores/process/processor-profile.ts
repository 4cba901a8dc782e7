import { mkdirSync, writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { join } from "node:path";

/** Names the folder for profiles of a process's work; unset: none are made. */
export const PROFILES = "REVO_BENCH_PROFILES";

let session: Session | null = null;

/** From here on the processor's time is sampled, where it was asked for. */
export async function startProfile(): Promise<void> {
  if (process.env[PROFILES] === undefined) return;
  session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: 500 });
  await session.post("Profiler.start");
}

/** Ends what {@link startProfile} began. */
export async function writeProfile(): Promise<void> {
  const folder = process.env[PROFILES];
  if (session === null || folder === undefined) return;
  const { profile } = await session.post("Profiler.stop");
  session.disconnect();
  session = null;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${Date.now()}-${process.pid}.cpuprofile`), JSON.stringify(profile));
}
