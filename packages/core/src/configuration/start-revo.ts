import { CommandBus } from "../commands/command-bus.ts";
import { commandJobTypes } from "../commands/command-job-type.ts";
import type { CommandRegistry } from "../commands/command-registry.ts";
import { registerJobCommands } from "../commands/job-command-handlers.ts";
import { RevoError } from "../errors.ts";
import { EventHub } from "../events/event-hub.ts";
import { captureHeaders, type IContextCarrier } from "../handlers/context-carrier.ts";
import { checkBinding } from "../handlers/handler-binding.ts";
import type { IHandlerActivator } from "../handlers/job-handler.ts";
import { JobTypeRegistry } from "../handlers/job-type-registry.ts";
import { contextCarrier } from "../handlers/middleware/context-carrier.ts";
import type { Middleware } from "../handlers/middleware.ts";
import { RevoMonitor } from "../monitor/revo-monitor.ts";
import { JobScheduler } from "../scheduler/scheduler.ts";
import { JobServer } from "../server/job-server.ts";
import type { JobServerParts } from "../server/job-server-parts.ts";
import type { StorageIdentity } from "../storage/capabilities.ts";
import type { IJobStorage } from "../storage/job-storage.ts";
import type { IClock } from "../support/clock.ts";
import type { ILogger } from "../support/logger.ts";
import type { IRandom } from "../support/random.ts";
import { logEvents } from "./event-log.ts";
import type { ResolvedJobs } from "./jobs-section.ts";
import { handleProcessSignals } from "./process-signals.ts";
import { readHealth } from "./read-health.ts";
import type { Revo } from "./revo.ts";
import type { IConfigurationSection } from "./section.ts";
import { StartedParts } from "./started-parts.ts";

/** The version of the storage contract that this core speaks. */
const CONTRACT_VERSION = 1;

/** What a configuration has gathered when it is started. */
export interface StartParts<TTransaction> {
  readonly storage: () => IJobStorage<TTransaction> | Promise<IJobStorage<TTransaction>>;
  readonly jobs: ResolvedJobs;
  readonly commands: CommandRegistry;
  readonly middleware: readonly Middleware[];
  readonly carriers: readonly IContextCarrier[];
  readonly sections: readonly IConfigurationSection[];
  readonly activator: IHandlerActivator;
  readonly logger: ILogger;
  readonly clock: IClock;
  readonly random: IRandom;
}

/** Starts everything in order; what fails stops what had started. */
export async function startRevo<TTransaction>(
  parts: StartParts<TTransaction>,
): Promise<Revo<TTransaction>> {
  const started = new StartedParts();
  try {
    return await start(parts, started);
  } catch (error) {
    await started.stop().catch((stopError: unknown) => {
      parts.logger.error("stopping after a failed start failed", { error: stopError });
    });
    throw error;
  }
}

async function start<TTransaction>(
  parts: StartParts<TTransaction>,
  started: StartedParts,
): Promise<Revo<TTransaction>> {
  const { jobs, clock, logger, carriers, activator } = parts;
  let closed = false;
  const isClosed = (): boolean => closed;
  const events = new EventHub();
  logEvents(events, logger, clock);
  const capture = (): Readonly<Record<string, string>> | null => captureHeaders(carriers);

  const registry = new JobTypeRegistry();
  for (const type of jobs.types) registry.add(type);
  const bus = new CommandBus({
    registry: parts.commands,
    middleware: [contextCarrier(carriers), ...parts.middleware],
    activator,
    log: logger,
    captureHeaders: capture,
    isClosed,
  });
  for (const type of commandJobTypes(parts.commands, bus, jobs.defaults)) registry.add(type);
  checkHandlers(registry, parts.commands, activator);

  const storage = await parts.storage();
  assertContract(storage);
  // Also when it cannot be opened: it may have connected before it found out.
  started.add(() => storage.close());
  const identity = await storage.open();
  started.add(() => {
    closed = true;
  });
  warnAbout(identity, storage, logger);

  const scheduler = new JobScheduler<TTransaction>({
    storage,
    registry,
    events,
    clock,
    captureHeaders: capture,
    maxPayloadBytes: jobs.maxPayloadBytes,
    retention: jobs.defaults.retention,
    redact: jobs.redact,
    isClosed,
  });
  started.add(() => scheduler.close());
  registerJobCommands(parts.commands, scheduler);
  const monitor = new RevoMonitor({ storage, registry, redact: jobs.redact, isClosed });

  const server = makeServer(parts, { storage, registry, events });
  let stopping: Promise<void> | null = null;
  const stop = (): Promise<void> => (stopping ??= started.stop());
  const isStopping = (): boolean => stopping !== null;
  if (server !== null) {
    if (jobs.server.signals) {
      // Before the first job runs, and until the last one has ended.
      const running = (): readonly string[] => server.runningJobs();
      started.add(handleProcessSignals({ logger, stop, running }));
    }
    started.add(() => server.stop());
    await server.prepare();
  }

  const revo: Revo<TTransaction> = {
    scheduler,
    commands: bus,
    monitor,
    events,
    health: () => readHealth({ storage, identity, server, clock, isClosed }),
    stop,
    [Symbol.asyncDispose]: stop,
  };
  for (const section of parts.sections) {
    // A signal may have come meanwhile.
    if (isStopping()) break;
    await section.start?.(revo);
    started.add(() => section.stop?.());
  }
  // Last, and only from the next turn on: whoever awaits the start has its Revo, and its listeners, before a job runs.
  server?.claim();
  return revo;
}

/** `null`: this process runs no jobs. */
function makeServer(
  parts: Omit<StartParts<never>, "storage">,
  made: Pick<JobServerParts, "storage" | "registry" | "events">,
): JobServer | null {
  const { jobs, activator, middleware, carriers, clock, random, logger } = parts;
  const hasHandler = made.registry.all().some(({ handler }) => handler !== null);
  if (!jobs.serverWanted && (jobs.producerOnly || !hasHandler)) return null;
  return new JobServer({
    ...made,
    activator,
    middleware,
    carriers,
    clock,
    random,
    logger,
    options: jobs.server,
    defaults: jobs.defaults,
    maxPayloadBytes: jobs.maxPayloadBytes,
  });
}

function checkHandlers(
  registry: JobTypeRegistry,
  commands: CommandRegistry,
  activator: IHandlerActivator,
): void {
  for (const { handler, name } of [...registry.all(), ...commands.all()]) {
    if (handler !== null) checkBinding(handler, activator, name);
  }
}

function assertContract(storage: unknown): void {
  const capabilities = (storage as IJobStorage | null | undefined)?.capabilities;
  const version: number | undefined = capabilities?.contractVersion;
  if (version === CONTRACT_VERSION) return;
  throw new RevoError(
    version === undefined ? "REVO_ARGUMENT_INVALID" : "REVO_CAPABILITY_MISSING",
    version === undefined
      ? "Expected the function given to useJobs() to return a storage"
      : `The storage "${capabilities?.name ?? ""}" speaks version ${String(version)} of the contract, this release speaks ${CONTRACT_VERSION}; update the one that is older`,
  );
}

function warnAbout(
  identity: StorageIdentity,
  storage: Pick<IJobStorage, "capabilities">,
  logger: ILogger,
): void {
  const { name, durability } = storage.capabilities;
  logger.info("storage opened", { storage: name, durability, storageId: identity.storageId });
  for (const warning of identity.warnings) logger.warn(warning, { storage: name });
}
