import type { JobTypeRegistry } from "../handlers/job-type-registry.ts";
import type { IJobStorage } from "../storage/job-storage.ts";

/** What a monitor is made of. */
export interface RevoMonitorParts {
  readonly storage: Pick<IJobStorage, "capabilities" | "monitor" | "metrics" | "reports">;
  readonly registry: JobTypeRegistry;
  /**
   * Paths of payloads, results and headers whose values are shown as `"[redacted]"`: `payload.password`, `payload.*.token`,
   * `headers.authorization`. Applied before filters, too, so that nobody finds by guessing what he may not see.
   * @defaultValue none
   */
  readonly redact?: readonly string[];
  readonly isClosed: () => boolean;
}
