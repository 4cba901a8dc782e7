import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { LimitOrder } from "./limit-process.ts";
import type { LimitFigures } from "./store-limit.ts";

/** Measures one limit once, in a process of its own. @throws When it did not do what it measured. */
export async function measureLimit(order: LimitOrder): Promise<LimitFigures> {
  const entry = join(import.meta.dirname, "limit-process.ts");
  // By the environment, which others don't see: the URL has a password.
  const env = { ...process.env, REVO_BENCH_LIMIT: JSON.stringify(order) };
  const { stdout } = await promisify(execFile)(process.execPath, [entry], { env });
  return JSON.parse(stdout) as LimitFigures;
}
