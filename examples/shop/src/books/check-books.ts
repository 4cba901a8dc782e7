import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { Payment } from "../payment-gateway.ts";
import type { ShopStatistics } from "../statistics.ts";
import { CapturePayment } from "../jobs/capture-payment.ts";
import { SendReminder } from "../jobs/send-reminder.ts";
import { readInvoiceTotal } from "./invoice.ts";
import { type LedgerEntry, readLedger } from "./ledger.ts";
import type { OutputFolder } from "./output-folder.ts";

export interface Books {
  readonly folder: OutputFolder;
  /** The good orders of this run. */
  readonly orderIds: readonly string[];
  /** What the gateway took in this run. */
  readonly payments: readonly Payment[];
  readonly statistics: ShopStatistics;
}

/** What stands in the files for the orders of this run. */
export interface BooksCheck {
  readonly paidCents: number;
  readonly ledgerEntries: number;
  readonly ledgerCents: number;
  readonly invoices: number;
  readonly invoiceCents: number;
  readonly reminders: number;
  /** What does not agree, in words. None: all is well. */
  readonly mismatches: readonly string[];
}

/** Reads ledger, invoices and reminders anew and compares them with the gateway's payments and with what the jobs counted. */
export async function checkBooks(books: Books): Promise<BooksCheck> {
  const { folder, orderIds, payments } = books;
  const paid = new Map(payments.map(({ orderId, amountCents }) => [orderId, amountCents]));
  const ledger = await readLedger(folder.ledger);
  const mismatches = [...mismatchesOfJobs(books)];
  const entries: LedgerEntry[] = [];
  const invoiceTotals: number[] = [];
  let reminders = 0;
  for (const orderId of orderIds) {
    const amount = paid.get(orderId);
    const entry = ledger.get(orderId);
    const invoice = await invoiceTotal(folder, orderId);
    const isReminded = (await textOf(folder.reminder(orderId))) !== null;
    if (entry !== undefined) entries.push(entry);
    if (invoice !== undefined) invoiceTotals.push(invoice);
    if (isReminded) reminders += 1;
    if (entry?.amountCents !== amount) {
      mismatches.push(
        `${orderId}: ${show(entry?.amountCents)} in the ledger, ${show(amount)} paid`,
      );
    }
    if (invoice !== amount) {
      mismatches.push(`${orderId}: ${show(invoice)} on its invoice, ${show(amount)} paid`);
    }
    if (amount === undefined && !isReminded) {
      mismatches.push(`${orderId}: neither paid nor reminded`);
    }
  }
  return {
    paidCents: sum([...paid.values()]),
    ledgerEntries: entries.length,
    ledgerCents: sum(entries.map(({ amountCents }) => amountCents)),
    invoices: invoiceTotals.length,
    invoiceCents: sum(invoiceTotals),
    reminders,
    mismatches,
  };
}

function* mismatchesOfJobs({ orderIds, payments, statistics }: Books): Generator<string> {
  for (const { type, enqueued, succeeded, failed, deleted } of statistics.types) {
    if (enqueued === succeeded + failed + deleted) continue;
    yield `${type}: ${enqueued} enqueued, but ${succeeded} succeeded, ${failed} failed, ${deleted} deleted`;
  }
  const captured = statistics.of(CapturePayment.type);
  if (captured.enqueued !== orderIds.length) {
    yield `${orderIds.length} orders, but ${captured.enqueued} payments were asked for`;
  }
  if (captured.succeeded !== payments.length) {
    yield `${captured.succeeded} payments captured, but the gateway has ${payments.length}`;
  }
  const reminded = statistics.of(SendReminder.type);
  if (reminded.enqueued !== orderIds.length) {
    yield `${orderIds.length} orders, but ${reminded.enqueued} reminders were scheduled`;
  }
}

async function invoiceTotal(folder: OutputFolder, orderId: string): Promise<number | undefined> {
  const compressed = await bytesOf(`${folder.invoice(orderId)}.gz`);
  if (compressed === null) return undefined;
  return readInvoiceTotal((await promisify(gunzip)(compressed)).toString("utf8"));
}

async function textOf(path: string): Promise<string | null> {
  return (await bytesOf(path))?.toString("utf8") ?? null;
}

async function bytesOf(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function show(cents: number | undefined): string {
  return cents === undefined ? "nothing" : `${cents} cents`;
}
