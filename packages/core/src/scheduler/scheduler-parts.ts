import type { EventHub } from "../events/event-hub.ts";
import type { JobTypeRegistry } from "../handlers/job-type-registry.ts";
import type { Retention } from "../job/retention.ts";
import type { IJobStorage } from "../storage/job-storage.ts";
import type { IClock } from "../support/clock.ts";

/** What a scheduler is made of. */
export interface JobSchedulerParts<TTransaction = never> {
  readonly storage: IJobStorage<TTransaction>;
  readonly registry: JobTypeRegistry;
  readonly events: EventHub;
  readonly clock: IClock;
  /** The ambient context's headers, which travel with every job; `null`: none. An enqueue's own headers are stronger. */
  readonly captureHeaders: () => Readonly<Record<string, string>> | null;
  /** Most UTF-8 bytes of a payload; the storage's own limit counts too. */
  readonly maxPayloadBytes: number;
  /** How long jobs deleted by this scheduler are kept. @defaultValue 1 day */
  readonly retention?: Retention;
  /** Paths hidden from `payloadText` of queries, as in the monitor. @defaultValue none */
  readonly redact?: readonly string[];
  /** True before start and after stop: every call then throws `REVO_CLOSED`. */
  readonly isClosed: () => boolean;
}
