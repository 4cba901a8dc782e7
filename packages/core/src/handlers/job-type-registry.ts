import { RevoArgumentError, RevoError } from "../errors.ts";
import { argumentError, unreadable } from "../job/argument-error.ts";
import { CarrierJob } from "../job/job.ts";
import { assertJobType } from "../job/names.ts";
import type { JobType } from "./job-type.ts";

/** What the types of jobs that carry commands begin with. */
const commandPrefix = "command.";

/** Every job type this process knows, by name. A name is looked up, never imported or evaluated. */
export class JobTypeRegistry {
  readonly #byName = new Map<string, JobType>();

  /** @throws `REVO_HANDLER_DUPLICATE` when the name is taken. */
  add(type: JobType): void {
    if (this.#byName.has(type.name)) {
      throw new RevoError(
        "REVO_HANDLER_DUPLICATE",
        `The job type "${type.name}" is registered twice; each has exactly one handler`,
      );
    }
    this.#byName.set(type.name, type);
  }

  find(name: string): JobType | undefined {
    return this.#byName.get(name);
  }

  all(): readonly JobType[] {
    return [...this.#byName.values()];
  }

  /**
   * The type of a job about to be enqueued.
   * @throws `REVO_ARGUMENT_INVALID`: not a job. `REVO_NAME_INVALID`: its class has no `static type`. `REVO_HANDLER_NOT_FOUND`.
   */
  ofJob(job: unknown, path: string): JobType {
    if (typeof job !== "object" || job === null) {
      const rule = "to be a job, such as an instance of a job class or definition.with(payload)";
      throw argumentError("REVO_ARGUMENT_INVALID", path, rule, job);
    }
    const name = typeNameOf(job, path);
    const type = this.#byName.get(name);
    if (type === undefined) throw notRegistered(name);
    if (
      type.jobClass !== null &&
      !(job instanceof CarrierJob) &&
      job.constructor !== type.jobClass
    ) {
      throw new RevoArgumentError(
        "REVO_ARGUMENT_INVALID",
        `Expected \`${path}\` to be an instance of the class registered for "${name}", got another class with the same \`static type\``,
        path,
      );
    }
    return type;
  }
}

/** What is stored of a job. */
export function contentOf(job: object): unknown {
  return job instanceof CarrierJob ? job.carriedContent : job;
}

function typeNameOf(job: object, path: string): string {
  try {
    return job instanceof CarrierJob ? job.carriedType : ownTypeName(job, path);
  } catch (error) {
    throw unreadable(error, path);
  }
}

function ownTypeName(job: object, path: string): string {
  const constructor: unknown = (job as { constructor?: unknown }).constructor;
  const own =
    typeof constructor === "function" && Object.hasOwn(constructor, "type")
      ? (constructor as { type?: unknown }).type
      : undefined;
  if (own === undefined) {
    throw argumentError(
      "REVO_NAME_INVALID",
      `${path}.constructor.type`,
      "to be the `static type` of a job class (of a definition, pass definition.with(payload))",
      own,
    );
  }
  assertJobType(own, `${path}.constructor.type`);
  return own;
}

/** @internal One text for the commonest beginner's mistake. */
export function notRegistered(name: string): RevoError {
  const command = name.startsWith(commandPrefix) ? name.slice(commandPrefix.length) : null;
  return new RevoError(
    "REVO_HANDLER_NOT_FOUND",
    command === null
      ? `No handler for the job type "${name}" is registered in this process. Register one with jobs.handle(…) or jobs.add(…); if another process runs it, call jobs.declare(…)`
      : `No handler for the command "${command}" is registered in this process, so no job may carry it from here. Register one with commands.handle(…); if another process carries it out, call commands.declare(…)`,
  );
}
