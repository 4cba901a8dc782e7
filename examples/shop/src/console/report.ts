import { formatCents } from "../orders/order.ts";
import type { ShopResult } from "../run-shop.ts";
import { quantile, type TypeStatistics } from "../statistics.ts";
import { renderTable } from "./table.ts";

const maxBadOrders = 50;

/** What happened, for people. */
export function renderReport(result: ShopResult): string {
  if (result.orders + result.badOrders.length === 0) return "There is no order.";
  return [jobTypes(result), failures(result), badOrders(result), totals(result), verdict(result)]
    .filter((part) => part.length > 0)
    .map((part) => part.join("\n"))
    .join("\n\n");
}

function jobTypes({ statistics }: ShopResult): readonly string[] {
  const heads = ["Succeeded", "Failed", "Deleted", "Retried", "Wait p50", "p95", "Run p50", "p95"];
  const rows = statistics.types.filter(({ enqueued }) => enqueued > 0).map(rowOf);
  return rows.length === 0 ? [] : renderTable(["Job type", ...heads], rows);
}

function rowOf(statistics: TypeStatistics): readonly string[] {
  const { type, succeeded, failed, deleted, retried, waitedMs, ranMs } = statistics;
  const counts = [succeeded, failed, deleted, retried].map((count) => count.toLocaleString("en"));
  const times = [waitedMs, ranMs].flatMap((values) => [
    formatMs(quantile(values, 0.5)),
    formatMs(quantile(values, 0.95)),
  ]);
  return [type, ...counts, ...times];
}

function failures({ statistics }: ShopResult): readonly string[] {
  const lines = statistics.types.flatMap(({ type, failures: byText }) =>
    [...byText].map(([text, count]) => `  ${count} × ${type}: ${text}`),
  );
  return lines.length === 0 ? [] : ["Failed jobs", ...lines];
}

function badOrders({ badOrders: bad }: ShopResult): readonly string[] {
  if (bad.length === 0) return [];
  const lines = bad
    .slice(0, maxBadOrders)
    .map(({ line, problem }) => `  line ${String(line).padStart(4)}  ${problem}`);
  const more = bad.length - lines.length;
  return ["Bad orders, passed over", ...lines, ...(more > 0 ? [`  and ${more} more`] : [])];
}

function totals({ orders, badOrders: bad, books, repeatedEvents }: ShopResult): readonly string[] {
  const { ledgerEntries, ledgerCents, invoices, invoiceCents, reminders, paidCents } = books;
  return [
    "Totals",
    `  lines      ${orders + bad.length} = ${many(orders, "order")} + ${bad.length} bad`,
    `  payments   EUR ${formatCents(paidCents)} taken by the gateway`,
    `  ledger     EUR ${formatCents(ledgerCents)} in ${many(ledgerEntries, "entry", "entries")}`,
    `  invoices   EUR ${formatCents(invoiceCents)} on ${many(invoices, "file")}`,
    `  reminders  ${many(reminders, "file")}`,
    `  events     ${repeatedEvents} came twice`,
  ];
}

function verdict(result: ShopResult): readonly string[] {
  const { seconds, orders, closedOrders } = result;
  const { mismatches } = result.books;
  if (result.wasStopped) {
    return [`Stopped after ${seconds.toFixed(1)} s: ${closedOrders} of ${orders} orders are done.`];
  }
  if (mismatches.length === 0) return [`All books agree. ${seconds.toFixed(1)} s`];
  const shown = mismatches.slice(0, 20).map((mismatch) => `  ${mismatch}`);
  return [`The books do NOT agree (${mismatches.length} differences)`, ...shown];
}

function many(count: number, one: string, more = `${one}s`): string {
  return `${count} ${count === 1 ? one : more}`;
}

function formatMs(ms: number | null): string {
  if (ms === null) return "–";
  if (ms === 0) return "0 ms";
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
