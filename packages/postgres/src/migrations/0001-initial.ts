import { basics } from "./0001/basics.ts";
import { claiming } from "./0001/claiming.ts";
import { control } from "./0001/control.ts";
import { ending } from "./0001/ending.ts";
import { enqueue } from "./0001/enqueue.ts";
import { enqueueJob } from "./0001/enqueue-job.ts";
import { enqueueUnique } from "./0001/enqueue-unique.ts";
import { exchange } from "./0001/exchange.ts";
import { partitions } from "./0001/partitions.ts";
import { queues } from "./0001/queues.ts";
import { reporting } from "./0001/reporting.ts";
import { servers } from "./0001/servers.ts";
import { settle } from "./0001/settle.ts";
import { tables } from "./0001/tables.ts";
import { transactions } from "./0001/transactions.ts";
import { upkeep } from "./0001/upkeep.ts";
import type { Migration } from "./migration.ts";

export const initial: Migration = {
  version: 1,
  name: "initial",
  worksFrom: 1,
  sql: (names) =>
    [
      tables,
      basics,
      ending,
      settle,
      claiming,
      exchange,
      enqueue,
      enqueueUnique,
      enqueueJob,
      control,
      servers,
      upkeep,
      partitions,
      queues,
      reporting,
      transactions,
    ]
      .map((part) => part(names))
      .join(""),
};
