// The shop: reads orders, works through them as background jobs, tells what happened. `--help` says how to call it.
import { constants } from "node:os";
import { OutputFolder } from "./books/output-folder.ts";
import { Progress } from "./console/progress.ts";
import { renderReport } from "./console/report.ts";
import { help, parseShopArguments } from "./console/shop-arguments.ts";
import { UsageError } from "./console/usage-error.ts";
import { openOrderSource } from "./orders/order-source.ts";
import { runShop } from "./run-shop.ts";
import { makeStorage, withoutPassword } from "./storages.ts";

/** Time to pay. Long enough for every retry of the demo's orders, short enough to wait for. */
const remindAfterMs = 9_000;

// Whoever reads has gone away (`npm start | head`), so there is nobody left to work for.
process.stdout.on("error", () => process.exit(0));

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n--help tells more.`);
  process.exitCode = 2;
}

async function main(words: readonly string[]): Promise<number> {
  const { help: wantsHelp, path, storage: url, out, concurrency } = parseShopArguments(words);
  if (wantsHelp) {
    console.log(help);
    return 0;
  }
  const stop = new AbortController();
  let stopCode = 0;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    // Once: a second signal finds no listener and ends the process at once.
    process.once(signal, () => {
      stopCode = 128 + constants.signals[signal];
      console.error("\nStopping: jobs that run may end. Once more to end at once.");
      stop.abort();
    });
  }

  const storage = await makeStorage(url);
  const source = await openOrderSource(path);
  const folder = await OutputFolder.open(out);
  try {
    console.log(
      `Orders from ${source.name}, jobs in ${withoutPassword(url)}, files in ${folder.path}`,
    );
    console.log(`Who has not paid after ${remindAfterMs / 1000} s gets a reminder.\n`);
    const progress = new Progress(process.stdout);
    const result = await runShop({
      storage,
      source,
      folder,
      concurrency,
      remindAfterMs,
      progress,
      signal: stop.signal,
    });
    console.log(renderReport(result));
    if (result.wasStopped) return stopCode;
    return result.books.mismatches.length === 0 ? 0 : 1;
  } finally {
    // An input without an end would keep the process alive.
    source.chunks.destroy();
    await folder.close();
  }
}
