import type { EventHub } from "../events/event-hub.ts";
import type { IContextCarrier } from "../handlers/context-carrier.ts";
import type { IHandlerActivator } from "../handlers/job-handler.ts";
import type { JobTypeRegistry } from "../handlers/job-type-registry.ts";
import type { Middleware } from "../handlers/middleware.ts";
import type { ResolvedTypeOptions } from "../job/job-options.ts";
import type { IJobStorage } from "../storage/job-storage.ts";
import type { IClock } from "../support/clock.ts";
import type { ILogger } from "../support/logger.ts";
import type { IRandom } from "../support/random.ts";
import type { ResolvedServerOptions } from "./server-options.ts";

/** What a job server is made of. */
export interface JobServerParts {
  readonly storage: IJobStorage;
  readonly registry: JobTypeRegistry;
  readonly activator: IHandlerActivator;
  readonly middleware: readonly Middleware[];
  readonly carriers: readonly IContextCarrier[];
  readonly events: EventHub;
  readonly clock: IClock;
  readonly random: IRandom;
  readonly logger: ILogger;
  readonly options: ResolvedServerOptions;
  /** Defaults of every job type. */
  readonly defaults: ResolvedTypeOptions;
  /** Of payloads and of results, in UTF-8. */
  readonly maxPayloadBytes: number;
}
