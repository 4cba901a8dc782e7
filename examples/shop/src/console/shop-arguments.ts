import { parseArgs } from "node:util";
import { storageNames } from "../storages.ts";
import { UsageError } from "./usage-error.ts";

/** What was asked for on the command line. */
export interface ShopArguments {
  /** A file, or `-` for standard input. */
  readonly path?: string;
  readonly storage: string;
  /** How many jobs run at once. */
  readonly concurrency: number;
  /** Folder for invoices, reminders and the ledger. */
  readonly out?: string;
  readonly help: boolean;
}

export const help = `Works through a file of orders: payments, reminders, invoices and a ledger, as background jobs.

  npm start [-- [options] [file | -]]

  file               orders as JSON Lines; - is standard input
                     (default: what is piped in, else the orders that come with the demo)
  --storage <url>    where the jobs are kept (default: ${storageNames[0] ?? ""}), a server of yours:
                     ${storageNames.slice(1).join("…, ")}…
  --out <folder>     where invoices, reminders and the ledger go; may be used again
                     (default: a new folder among the temporary files)
  --concurrency <n>  how many jobs run at once (default: 10)
  --help             this text

Exit code: 0 all went well, also with bad orders (they are listed) and refused payments;
1 the books don't agree with the jobs; 2 wrong arguments; 130 or 143 stopped by a signal.`;

/** @throws {@link UsageError}. */
export function parseShopArguments(words: readonly string[]): ShopArguments {
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        storage: { type: "string", default: storageNames[0] ?? "" },
        out: { type: "string" },
        concurrency: { type: "string", default: "10" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    const [path, ...more] = positionals;
    if (more.length > 0) throw new UsageError(`One file at a time, got ${positionals.join(" ")}`);
    return {
      storage: values.storage,
      help: values.help,
      concurrency: concurrencyOf(values.concurrency),
      ...(values.out === undefined ? {} : { out: values.out }),
      ...(path === undefined ? {} : { path }),
    };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function concurrencyOf(text: string): number {
  const concurrency = Number(text);
  if (Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= 1000) return concurrency;
  throw new UsageError(`--concurrency: expected a whole number from 1 to 1000, got ${text}`);
}
