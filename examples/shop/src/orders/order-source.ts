import { once } from "node:events";
import { fstatSync } from "node:fs";
import { open } from "node:fs/promises";
import { basename } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { UsageError } from "../console/usage-error.ts";

/** Where orders come from. */
export interface OrderSource {
  readonly name: string;
  /** Bytes, in chunks of any length. Whoever opened it destroys it. */
  readonly chunks: Readable;
}

const shipped = fileURLToPath(new URL("../../data/orders.jsonl", import.meta.url));
const pipeWaitMs = 2_000;

/**
 * Opens a file, standard input (`-`), or without a path what is piped in, else the orders that come with the demo.
 * @throws {@link UsageError}: there is no such file, or it can't be read.
 */
export async function openOrderSource(path: string | undefined): Promise<OrderSource> {
  if (path === "-" || (path === undefined && (await isPipedIn()))) {
    return { name: "standard input", chunks: process.stdin };
  }
  return await openFile(path ?? shipped);
}

async function openFile(path: string): Promise<OrderSource> {
  try {
    const file = await open(path);
    if ((await file.stat()).isDirectory()) {
      await file.close();
      throw new UsageError(`${path} is a folder, not a file of orders`);
    }
    return { name: basename(path), chunks: file.createReadStream() };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const reason =
      (error as NodeJS.ErrnoException).code === "ENOENT" ? "there is no such file" : String(error);
    throw new UsageError(`Can't read orders from ${path}: ${reason}`);
  }
}

/**
 * Many a program starts others with a pipe that nobody writes to; the demo must not wait for ever for those. `-` does wait.
 */
async function isPipedIn(): Promise<boolean> {
  const input = fstatSync(0, { throwIfNoEntry: false });
  if (input.isFile()) return true;
  if (!input.isFIFO() && !input.isSocket()) return false;
  const hasInput = once(process.stdin, "readable").then(() => process.stdin.readableLength > 0);
  const isEmpty = setTimeout(pipeWaitMs, false, { ref: false });
  const isPiped = await Promise.race([hasInput, isEmpty]);
  if (!isPiped) {
    process.stdin.destroy();
    console.error("Nothing came through standard input: using the demo's orders (- waits for it)");
  }
  return isPiped;
}
