import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { StoreRunRecord } from "./run-results.ts";

export const resultsFolder: string = join(import.meta.dirname, "..", "..", "results");

export function writeRecord(record: StoreRunRecord): void {
  mkdirSync(resultsFolder, { recursive: true });
  writeFileSync(fileOf(record.run.name), `${JSON.stringify(record, null, 1)}\n`);
}

/** @throws When there is no such record. */
export function readRecord(name: string): StoreRunRecord {
  return JSON.parse(readFileSync(fileOf(name), "utf8")) as StoreRunRecord;
}

function fileOf(name: string): string {
  return join(resultsFolder, `${name}.json`);
}
