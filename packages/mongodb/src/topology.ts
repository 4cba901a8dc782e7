import { RevoError } from "@revojs/core";
import type { Db, Document } from "mongodb";

/** MongoDB 5.0, as servers tell it. */
const LEAST_WIRE_VERSION = 13;

/** What kind of deployment this is. */
export interface Topology {
  readonly kind: "standalone" | "replicaSet" | "sharded";
  /** Members that hold data, as far as they are known. */
  readonly members: number;
}

/**
 * Asks the server what it is.
 * @throws RevoError `REVO_STORAGE_VERSION`, `REVO_STORAGE_READ_ONLY`.
 */
export async function readTopology(database: Db): Promise<Topology> {
  const hello = await database.command({ hello: 1 }, { readPreference: "primaryPreferred" });
  if (Number(hello["maxWireVersion"]) < LEAST_WIRE_VERSION) throw await tooOld(database);
  if (hello["isWritablePrimary"] !== true && hello["msg"] !== "isdbgrid")
    throw new RevoError(
      "REVO_STORAGE_READ_ONLY",
      "The MongoDB server takes no writes: it is no primary, and `directConnection` keeps the driver from looking for it",
    );
  return toTopology(hello);
}

function toTopology(hello: Document): Topology {
  if (hello["msg"] === "isdbgrid") return { kind: "sharded", members: 3 };
  if (typeof hello["setName"] !== "string") return { kind: "standalone", members: 1 };
  const hosts: unknown = hello["hosts"];
  return { kind: "replicaSet", members: Array.isArray(hosts) ? hosts.length : 1 };
}

async function tooOld(database: Db): Promise<RevoError> {
  const version = await database
    .command({ buildInfo: 1 })
    .then((info) => String(info["version"]))
    .catch(() => "unknown");
  return new RevoError(
    "REVO_STORAGE_VERSION",
    `The job storage needs MongoDB 5.0 or newer, the server has ${version}`,
  );
}
