import { RevoError } from "../errors.ts";
import { scopeCarrier, type IContextCarrier } from "../handlers/context-carrier.ts";
import { DefaultActivator } from "../handlers/default-activator.ts";
import type { IHandlerActivator } from "../handlers/job-handler.ts";
import type { Middleware } from "../handlers/middleware.ts";
import type { IJobStorage, TransactionOf } from "../storage/job-storage.ts";
import { SystemClock, type IClock } from "../support/clock.ts";
import { consoleLogger } from "../support/console-logger.ts";
import { guardedLogger } from "../support/guarded-logger.ts";
import type { ILogger } from "../support/logger.ts";
import { SystemRandom, type IRandom } from "../support/random.ts";
import { CommandsSection } from "./commands-section.ts";
import { JobsSection } from "./jobs-section.ts";
import type { Revo } from "./revo.ts";
import type { IConfigurationSection } from "./section.ts";
import { startRevo } from "./start-revo.ts";
import { assertFactory, assertFunction, assertMethods, configureNow } from "./supplied-parts.ts";

/** Makes the storage; called once, at start. */
export type StorageFactory<TStorage> = () => TStorage | Promise<TStorage>;

/**
 * Puts Revo together: `new RevoConfiguration().useJobs(() => storage, (jobs) => …).useCommands(…).start()`. The order of calls
 * does not matter; nothing is opened before `start`.
 */
export class RevoConfiguration<TTransaction = never> {
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever transaction the storage takes
  #storage: StorageFactory<IJobStorage<any>> | null = null;
  #jobs = new JobsSection();
  readonly #commands = new CommandsSection();
  readonly #middleware: Middleware[] = [];
  readonly #carriers: IContextCarrier[] = [scopeCarrier];
  readonly #sections = new Map<new () => IConfigurationSection, IConfigurationSection>();
  #activator: IHandlerActivator = new DefaultActivator();
  #logger: ILogger = consoleLogger();
  #clock: IClock = new SystemClock();
  #random: IRandom = new SystemRandom();
  #started = false;

  /**
   * Chooses the storage and configures jobs. There is exactly one storage: a second call replaces it, and its jobs add to
   * those of the first.
   * @param storage Makes the adapter, at start.
   * @param configure Called at once; not an async function.
   */
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever transaction the storage takes
  useJobs<TStorage extends IJobStorage<any>>(
    storage: StorageFactory<TStorage>,
    configure?: (jobs: JobsSection) => void,
  ): RevoConfiguration<TransactionOf<TStorage>> {
    assertFactory(storage, "storage");
    if (this.#storage !== null) {
      this.#logger.warn("useJobs was called again: the storage given last is used");
    }
    this.#storage = storage;
    if (configure !== undefined) configureNow(configure, this.#jobs);
    return this as unknown as RevoConfiguration<TransactionOf<TStorage>>;
  }

  /** Configures commands. */
  useCommands(configure: (commands: CommandsSection) => void): this {
    configureNow(configure, this.#commands);
    return this;
  }

  /** Adds middleware around every job and every command, first one outermost. */
  use(...middleware: readonly Middleware[]): this {
    for (const one of middleware) assertFunction(one, "middleware");
    this.#middleware.push(...middleware);
    return this;
  }

  /** Connects a dependency container. @defaultValue classes without constructor arguments are made by `new` */
  useActivator(activator: IHandlerActivator): this {
    assertMethods(activator, "activator", ["createScope"]);
    this.#activator = activator;
    return this;
  }

  /** Takes further ambient context along with jobs, beside tenant, user, trace and culture. */
  useContext(carrier: IContextCarrier): this {
    assertMethods(carrier, "carrier", ["capture", "run"]);
    this.#carriers.push(carrier);
    return this;
  }

  /** @defaultValue warnings and errors on standard error */
  useLogger(logger: ILogger): this {
    assertMethods(logger, "logger", ["debug", "info", "warn", "error"]);
    this.#logger = guardedLogger(logger);
    return this;
  }

  /** @defaultValue the clock of the machine */
  useClock(clock: IClock): this {
    assertMethods(clock, "clock", ["nowMs", "monotonicMs", "schedule"]);
    this.#clock = clock;
    return this;
  }

  /** @defaultValue the machine's chance */
  useRandom(random: IRandom): this {
    assertMethods(random, "random", ["fraction", "token"]);
    this.#random = random;
    return this;
  }

  /** The section of this class, made when first asked for: how packages add themselves to the configuration. */
  getSection<TSection extends IConfigurationSection>(sectionClass: new () => TSection): TSection {
    assertFunction(sectionClass, "sectionClass");
    const known = this.#sections.get(sectionClass);
    if (known !== undefined) return known as TSection;
    const section = new sectionClass();
    this.#sections.set(sectionClass, section);
    return section;
  }

  /**
   * Opens the storage and starts everything. What fails on the way stops what had started already; then the configuration may
   * be started again, as when the storage was not reachable yet.
   * @throws `REVO_STORAGE_MISSING`: `useJobs` was not called. `REVO_HANDLER_NOT_FOUND`, `REVO_HANDLER_DUPLICATE`,
   * `REVO_HANDLER_NEEDS_CONTAINER`, `REVO_OPTION_UNKNOWN` and other faults of the configuration, before anything is opened;
   * then what the storage's `open` throws.
   */
  async start(): Promise<Revo<TTransaction>> {
    if (this.#started) {
      throw new RevoError(
        "REVO_ARGUMENT_INVALID",
        "This configuration was started already; make a new one",
      );
    }
    if (this.#storage === null) {
      throw new RevoError(
        "REVO_STORAGE_MISSING",
        "No storage was chosen: call useJobs(() => storage) before start()",
      );
    }
    this.#started = true;
    try {
      return await startRevo<TTransaction>({
        storage: this.#storage,
        jobs: this.#jobs.resolve(),
        commands: this.#commands.registry.copy(),
        middleware: this.#middleware,
        carriers: this.#carriers,
        sections: [...this.#sections.values()],
        activator: this.#activator,
        logger: this.#logger,
        clock: this.#clock,
        random: this.#random,
      });
    } catch (error) {
      this.#started = false;
      throw error;
    }
  }
}
