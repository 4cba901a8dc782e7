import type { JobTypeRegistry } from "../handlers/job-type-registry.ts";
import type { IJobMonitor, JobOrder } from "../storage/monitor.ts";

/** How many jobs a sample has. */
const sampleSize = 1_000;

export interface SampleRequest {
  readonly monitor: IJobMonitor;
  readonly registry: JobTypeRegistry;
  readonly order: JobOrder;
  readonly field: "types" | "tags";
  readonly prefix: string;
  readonly limit: number;
  readonly signal?: AbortSignal;
}

/** Completions where the storage has none of its own: the types of this process, and what a sample of jobs has. In order. */
export async function suggestFromSample(request: SampleRequest): Promise<readonly string[]> {
  const { monitor, registry, order, field, prefix, limit, signal } = request;
  const { jobs } = await monitor.find({
    filter: {},
    order,
    limit: sampleSize,
    scanLimit: sampleSize,
    detail: "summary",
    ...(signal === undefined ? {} : { signal }),
  });
  const known = field === "types" ? registry.all().map(({ name }) => name) : [];
  const found = jobs.flatMap(({ type, tags }) => (field === "types" ? [type] : tags));
  return [...new Set([...known, ...found])]
    .filter((value) => value.startsWith(prefix))
    .toSorted()
    .slice(0, limit);
}
