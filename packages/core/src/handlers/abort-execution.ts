import type { RevoError } from "../errors.ts";

/** An execution whose signal built-in middleware may fire. Not part of what users see: they get a signal, no way to fire it. */
export interface AbortableExecution {
  /** Fires the signal with `reason`; the first reason stays. */
  "~abort"(reason: RevoError): void;
  /** The handler goes on although its signal fired long ago: whoever waits for it is told so. */
  "~stuck"?(): void;
}
