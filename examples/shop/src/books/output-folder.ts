import { randomUUID } from "node:crypto";
import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { UsageError } from "../console/usage-error.ts";
import { lockFolder } from "./folder-lock.ts";

/** Where the shop keeps its files. Each appears whole or not at all, and writing it again changes nothing. */
export class OutputFolder {
  readonly path: string;
  readonly #unlock: () => Promise<void>;

  private constructor(path: string, unlock: () => Promise<void>) {
    this.path = path;
    this.#unlock = unlock;
  }

  /**
   * @param path Absent: a new folder among the temporary files.
   * @throws {@link UsageError}: it can't be made, or another run uses it.
   */
  static async open(path?: string): Promise<OutputFolder> {
    try {
      const folder =
        path === undefined ? await mkdtemp(join(tmpdir(), "revo-shop-")) : resolve(path);
      await mkdir(join(folder, "invoices"), { recursive: true });
      await mkdir(join(folder, "reminders"), { recursive: true });
      return new OutputFolder(folder, await lockFolder(folder));
    } catch (error) {
      if (error instanceof UsageError) throw error;
      throw new UsageError(`Can't use the output folder ${path ?? tmpdir()}: ${String(error)}`);
    }
  }

  get ledger(): string {
    return join(this.path, "ledger.csv");
  }

  get log(): string {
    return join(this.path, "shop.log");
  }

  invoice(orderId: string): string {
    return join(this.path, "invoices", `${orderId}.txt`);
  }

  reminder(orderId: string): string {
    return join(this.path, "reminders", `${orderId}.txt`);
  }

  async write(path: string, text: string, signal: AbortSignal): Promise<void> {
    await replace(path, (part) => writeFile(part, text, { signal }));
  }

  /** Puts `<path>.gz` in the place of `path`. */
  async compress(path: string, signal: AbortSignal): Promise<void> {
    const compressed = `${path}.gz`;
    // An earlier attempt came as far as here.
    if (!existsSync(path) && existsSync(compressed)) return;
    await replace(compressed, (part) =>
      pipeline(createReadStream(path), createGzip(), createWriteStream(part), { signal }),
    );
    await rm(path, { force: true });
  }

  async close(): Promise<void> {
    await this.#unlock();
  }
}

async function replace(path: string, write: (part: string) => Promise<void>): Promise<void> {
  const part = `${path}.${randomUUID()}.part`;
  try {
    await write(part);
    await rename(part, path);
  } finally {
    await rm(part, { force: true });
  }
}
