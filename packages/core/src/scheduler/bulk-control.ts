import { argumentError, unreadable } from "../job/argument-error.ts";
import type { JobId } from "../job/job-record.ts";
import type { JobState } from "../job/job-state.ts";
import { assertKnownKeys, ownOptions } from "../job/option-keys.ts";
import { parseBoolean, parseSignal } from "../job/option-values.ts";
import type { Retention } from "../job/retention.ts";
import { decodeCursor, encodeCursor } from "../search/cursor.ts";
import { checkQuery, isEmptyQuery, type JobQuery } from "../search/job-query.ts";
import { planQuery } from "../search/query-plan.ts";
import type { Redactor } from "../search/redaction.ts";
import { searchJobs, type SearchReply } from "../search/search-jobs.ts";
import type { ControlRequest, ControlResult, IJobControl } from "../storage/control.ts";
import type { IJobStorage } from "../storage/job-storage.ts";
import type { JobOrder } from "../storage/monitor.ts";
import type { IClock } from "../support/clock.ts";
import { resolveAction } from "./action-options.ts";
import type { BulkAction, BulkOptions, BulkResult } from "./bulk-action.ts";
import { parseMove, parseStart } from "./job-control.ts";

export interface BulkControlParts {
  readonly storage: Pick<IJobStorage, "capabilities" | "control" | "monitor">;
  readonly clock: IClock;
  readonly retention: Retention;
  readonly redactor: Redactor;
}

/** An action taken apart: from where it acts, and how. */
interface Planned {
  /** Where it can act. */
  readonly from: readonly JobState[];
  /** Where it acts unless the query names states. @defaultValue wherever it can */
  readonly unasked?: readonly JobState[];
  act(request: ControlRequest): Promise<readonly ControlResult[]>;
}

interface BulkSettings {
  readonly after: string | null;
  readonly limit: number;
  readonly scanLimit: number;
  readonly signal?: AbortSignal;
  readonly action: Omit<ControlRequest, "ids" | "from">;
}

const unfinishedIdle: readonly JobState[] = ["scheduled", "enqueued", "awaiting", "throttled"];

/** "All that match": finds a chunk of ids and acts on them, from the states in which they were found. */
export class BulkControl {
  readonly #parts: BulkControlParts;

  constructor(parts: BulkControlParts) {
    this.#parts = parts;
  }

  async apply(action: BulkAction, query: JobQuery, options: BulkOptions = {}): Promise<BulkResult> {
    const planned = this.#plan(action);
    const asked = checkQuery(query, "query");
    if (isEmptyQuery(asked)) {
      throw argumentError(
        "REVO_FILTER_REQUIRED",
        "query",
        "to have at least one field, since it would mean every job (name all states, if that is meant)",
        query,
      );
    }
    const settings = resolveSettings(options);
    const states =
      asked.states === undefined
        ? (planned.unasked ?? planned.from)
        : planned.from.filter((state) => asked.states?.includes(state));
    const scope = [action.kind, asked];
    const found = await this.#find({ ...asked, states }, settings, scope);
    const counts = await this.#act(planned, { ...settings.action, from: states }, found, settings);
    return {
      matched: found.records.length,
      ...counts,
      scanned: found.scanned,
      next: found.next === null ? null : encodeCursor(scope, found.next),
    };
  }

  async #find(query: JobQuery, settings: BulkSettings, scope: unknown): Promise<SearchReply> {
    const { capabilities, monitor } = this.#parts.storage;
    const { after, limit, scanLimit, signal } = settings;
    return await searchJobs(monitor, {
      plan: planQuery(query, capabilities, this.#parts.redactor),
      order: stableOrder(capabilities.orders),
      after: after === null ? null : decodeCursor(scope, after, "after"),
      limit,
      scanLimit,
      detail: "ids",
      ...(signal === undefined ? {} : { signal }),
    });
  }

  async #act(
    planned: Planned,
    request: Omit<ControlRequest, "ids">,
    found: SearchReply,
    { signal }: BulkSettings,
  ): Promise<Pick<BulkResult, "changed" | "conflicts">> {
    const ids: readonly JobId[] = found.records.map(({ id }) => id);
    const { maxBatch } = this.#parts.storage.capabilities;
    let changed = 0;
    for (let i = 0; i < ids.length; i += maxBatch) {
      signal?.throwIfAborted();
      const results = await planned.act({ ...request, ids: ids.slice(i, i + maxBatch) });
      changed += results.filter(({ kind }) => kind === "done" || kind === "requested").length;
    }
    return { changed, conflicts: ids.length - changed };
  }

  #plan(action: BulkAction): Planned {
    const control: IJobControl = this.#parts.storage.control;
    const kind = kindOf(action);
    switch (kind) {
      case undefined:
        break;
      case "delete": {
        assertKnownKeys(action, ["kind"], "action");
        const retainMs = this.#parts.retention.deletedMs;
        return {
          from: [...unfinishedIdle, "processing", "succeeded", "failed"],
          unasked: [...unfinishedIdle, "processing", "failed"],
          act: (request) => control.delete({ ...request, retainMs }),
        };
      }
      case "requeue": {
        assertKnownKeys(action, ["kind", "resetAttempts"], "action");
        const { resetAttempts = true } = ownOptions(
          action as Extract<BulkAction, { kind: "requeue" }>,
        );
        parseBoolean(resetAttempts, "action.resetAttempts");
        return {
          from: ["scheduled", "awaiting", "throttled", "succeeded", "failed", "deleted"],
          unasked: ["failed"],
          act: (request) => control.requeue({ ...request, resetAttempts }),
        };
      }
      case "runNow":
        assertKnownKeys(action, ["kind"], "action");
        return {
          from: ["scheduled"],
          act: (request) => control.requeue({ ...request, resetAttempts: false }),
        };
      case "reschedule": {
        assertKnownKeys(action, ["kind", "at"], "action");
        const { at } = action as Extract<BulkAction, { kind: "reschedule" }>;
        const start = parseStart(at, "action.at", this.#parts.clock.nowMs());
        return {
          from: ["scheduled", "enqueued"],
          act: (request) => control.reschedule({ ...request, start }),
        };
      }
      case "move": {
        assertKnownKeys(action, ["kind", "queue", "priority"], "action");
        const target = parseMove(action as Extract<BulkAction, { kind: "move" }>, "action");
        if (target !== null) {
          return {
            from: unfinishedIdle,
            act: (request) => control.move({ ...request, ...target }),
          };
        }
      }
    }
    throw argumentError(
      "REVO_ARGUMENT_INVALID",
      "action",
      "to have a `kind` of delete, requeue, runNow, reschedule or move, the last with a `queue` or `priority`",
      kind ?? action,
    );
  }
}

/** What the caller says it is: any value, or nothing. */
function kindOf(action: Partial<BulkAction> | null | undefined): BulkAction["kind"] | undefined {
  try {
    return action?.kind;
  } catch (error) {
    throw unreadable(error, "action");
  }
}

/** By id where the storage can, since what is acted on changes its place in every other order and could be met again. */
function stableOrder(orders: readonly JobOrder[]): JobOrder {
  if (orders.includes("oldest")) return "oldest";
  return orders.includes("newest") ? "newest" : "natural";
}

function resolveSettings(options: BulkOptions): BulkSettings {
  const known = ["actor", "reason", "after", "limit", "scanLimit", "signal"];
  assertKnownKeys(options, known, "options");
  const { after, limit = 1_000, scanLimit, actor, reason, ...rest } = ownOptions(options);
  const signal = parseSignal(rest.signal, "signal");
  assertInteger(limit, 1, 10_000, "limit");
  const rows = scanLimit ?? limit * 10;
  assertInteger(rows, limit, 1_000_000, "scanLimit");
  return {
    after: after ?? null,
    limit,
    scanLimit: rows,
    ...(signal === undefined ? {} : { signal }),
    action: resolveAction({
      ...(actor === undefined ? {} : { actor }),
      ...(reason === undefined ? {} : { reason }),
    }),
  };
}

function assertInteger(value: unknown, least: number, most: number, path: string): void {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return;
  throw argumentError(
    "REVO_ARGUMENT_INVALID",
    path,
    `to be an integer from ${least} to ${most}`,
    value,
  );
}
