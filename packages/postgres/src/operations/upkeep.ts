import type { IJobUpkeep } from "@revojs/core";
import { type Connections, jsonOf, valueOf, write } from "../connections.ts";
import type { PartitionRoll } from "../partition-roll.ts";

type Promotion = Awaited<ReturnType<IJobUpkeep["promote"]>>;
type Pruning = Awaited<ReturnType<IJobUpkeep["prune"]>>;
type Repair = Awaited<ReturnType<IJobUpkeep["repair"]>>;

export async function takeTurn(
  connections: Connections,
  task: string,
  intervalMs: number,
): Promise<boolean> {
  const rows = await write(connections, {
    name: "revo_take_turn",
    text: `select ${connections.names.schema}.take_turn($1,$2)`,
    values: [task, intervalMs],
  });
  return valueOf(rows) === "t";
}

export async function promote(connections: Connections, limit: number): Promise<Promotion> {
  return (await bounded(connections, "promote", limit)) as Promotion;
}

export async function prune(
  connections: Connections & { readonly partitions: PartitionRoll },
  limit: number,
): Promise<Pruning> {
  await connections.partitions.roll();
  return (await bounded(connections, "prune", limit)) as Pruning;
}

export async function repair(connections: Connections, limit: number): Promise<Repair> {
  return (await bounded(connections, "repair", limit)) as Repair;
}

async function bounded(connections: Connections, name: string, limit: number): Promise<unknown> {
  const rows = await write(connections, {
    name: `revo_${name}`,
    text: `select ${connections.names.schema}.${name}($1)`,
    values: [limit],
  });
  return jsonOf(rows);
}
