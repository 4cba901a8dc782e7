import { RevoMonitor } from "../../src/monitor/revo-monitor.ts";
import type { IRevoMonitor } from "../../src/monitor/job-monitor.ts";
import type { StorageCapabilities } from "../../src/storage/capabilities.ts";
import type { FindRequest, IJobMonitor } from "../../src/storage/monitor.ts";
import { openScheduler, type SchedulerKit } from "../scheduler/scheduler-kit.ts";

export interface MonitorKit extends SchedulerKit {
  readonly monitor: IRevoMonitor;
  /** What the storage was asked to find. */
  readonly finds: FindRequest[];
}

export interface MonitorKitOptions {
  readonly redact?: readonly string[];
  readonly capabilities?: Partial<StorageCapabilities>;
  /** Leaves these optional facets out. */
  readonly without?: readonly ("metrics" | "reports" | "suggest")[];
}

/** A monitor over the memory storage, beside a scheduler that fills it. */
export async function openMonitor(options: MonitorKitOptions = {}): Promise<MonitorKit> {
  const kit = await openScheduler();
  const { storage, registry } = kit;
  const finds: FindRequest[] = [];
  const without = options.without ?? [];
  const hidden = (name: "metrics" | "reports" | "suggest"): boolean => without.includes(name);
  const monitor = new RevoMonitor({
    storage: {
      capabilities: { ...storage.capabilities, ...options.capabilities },
      monitor: {
        ...(hidden("suggest") ? withoutSuggest(storage.monitor) : storage.monitor),
        find: (request) => {
          finds.push(request);
          return storage.monitor.find(request);
        },
      },
      ...(hidden("metrics") ? {} : { metrics: storage.metrics }),
      ...(hidden("reports") ? {} : { reports: storage.reports }),
    },
    registry,
    redact: options.redact ?? [],
    isClosed: () => false,
  });
  return { ...kit, monitor, finds };
}

function withoutSuggest(monitor: IJobMonitor): IJobMonitor {
  return Object.fromEntries(
    Object.entries(monitor).filter(([name]) => name !== "suggest"),
  ) as unknown as IJobMonitor;
}
