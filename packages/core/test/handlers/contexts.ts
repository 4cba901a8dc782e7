import type { RevoError } from "../../src/errors.ts";
import type { CommandContext } from "../../src/handlers/middleware.ts";
import { silentLogger } from "../../src/support/logger.ts";

/** A command's context whose signal built-in middleware can fire. */
export function aContext(parts: Partial<CommandContext> = {}): CommandContext {
  const controller = new AbortController();
  const context = {
    kind: "command",
    type: "probe",
    message: {},
    headers: {},
    signal: controller.signal,
    log: silentLogger,
    items: new Map(),
    "~abort": (reason: RevoError) => controller.abort(reason),
    ...parts,
  } as const;
  return context;
}
