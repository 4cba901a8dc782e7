import { randomBytes } from "node:crypto";
import type { ServerRequest } from "./server-recipe.ts";
import type { OwnServerOptions } from "./test-server.ts";

/** Fills in what was not asked for: a server for one process to use, with a password that nobody else knows. */
export function requestFor(options: OwnServerOptions): ServerRequest {
  return {
    durable: options.durable ?? false,
    password: options.password ?? randomBytes(12).toString("hex"),
    arguments: options.arguments ?? [],
  };
}
