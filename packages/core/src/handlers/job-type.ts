import type { ResolvedTypeOptions } from "../job/job-options.ts";
import type { StandardSchemaV1 } from "../job/standard-schema.ts";
import type { HandlerBinding } from "./handler-binding.ts";

/** A registered job type: everything that core knows about it. Made once at start, never changed. */
export interface JobType {
  readonly name: string;
  /** Version of the payload's shape written by this process, >= 1. */
  readonly version: number;
  /** The class whose instances are jobs of this type; `null` for definitions and commands. */
  readonly jobClass: (abstract new (...args: never[]) => object) | null;
  readonly schema: StandardSchemaV1 | null;
  /** `null`: jobs stored at another version fail with `payload-version`. */
  readonly upgrade: ((payload: unknown, fromVersion: number) => unknown) | null;
  readonly options: ResolvedTypeOptions;
  /** `null`: declared only; another process runs it. */
  readonly handler: HandlerBinding | null;
  /** Turns the decoded (upgraded, validated) payload into what the handler gets. */
  restore(payload: unknown): object;
}
