import assert from "node:assert/strict";
import type { ControlResult, JobId, SettleOutcome } from "@revojs/core";
import { enqueue, idsOf } from "../assertions.ts";
import {
  anAct,
  DAY_MS,
  someJobs,
  toDelete,
  toFail,
  toRelease,
  toRetry,
  toSucceed,
} from "../builders.ts";
import type { CaseContext } from "../case-context.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { History, type JobOperation } from "../history/job-operation.ts";
import { isLinearizable } from "../history/linearize.ts";
import { SeededChance } from "../seeded-chance.ts";
import { aServer, type HeldJob, type ServerDriver } from "../server-driver.ts";

const ACTORS = 8;
const STEPS = 40;
const JOBS = 30;

export const historyCases: readonly ConformanceCase[] = [
  {
    id: "concurrency/linearizable",
    title: "what eight servers and operators at once are answered could be answered one at a time",
    clocks: "once",
    async run(context) {
      const jobs = someJobs(JOBS);
      await enqueue(context.storage, ...jobs);
      const history = new History();
      const leases: HeldJob[] = [];
      const other = await context.second();

      await Promise.all(
        Array.from({ length: ACTORS }, async (_, index) => {
          const storage = index % 2 === 0 ? context.storage : other;
          const actor = new Actor({ ...context, storage }, history, leases, index);
          await actor.act(idsOf(jobs));
        }),
      );

      for (const [jobId, intervals] of history.byJob()) {
        const told = intervals.map((interval) => JSON.stringify(interval)).join("\n");
        assert.ok(isLinearizable(intervals), `the history of ${jobId} has no order:\n${told}`);
      }
    },
  },
];

/** Claims, settles, brings old settlements again, recovers servers that live, and acts as an operator, by chance. */
class Actor {
  readonly #context: CaseContext;
  readonly #history: History;
  /** Of all actors. */
  readonly #leases: HeldJob[];
  readonly #chance: SeededChance;
  /** Claimed by the present server. */
  readonly #own = new Set<JobId>();

  constructor(context: CaseContext, history: History, leases: HeldJob[], seed: number) {
    this.#context = context;
    this.#history = history;
    this.#leases = leases;
    this.#chance = new SeededChance(seed);
  }

  async act(ids: readonly JobId[]): Promise<void> {
    const { storage } = this.#context;
    let server = await aServer(storage);
    for (let step = 0; step < STEPS; step++) {
      const id = ids[this.#chance.below(ids.length)] ?? "";
      const act = anAct([id]);
      const choice = this.#chance.below(20);
      if (choice < 7) await this.#claim(server);
      else if (choice < 15) await this.#settle(server);
      else if (choice < 16) {
        await this.#recover(server);
        server = await aServer(storage);
      } else if (choice < 17) {
        await this.#operate(id, "delete", () =>
          storage.control.delete({ ...act, retainMs: DAY_MS }),
        );
      } else if (choice < 19) {
        await this.#operate(id, "requeue", () =>
          storage.control.requeue({ ...act, resetAttempts: false }),
        );
      } else await this.#read(id);
    }
  }

  async #claim(server: ServerDriver): Promise<void> {
    const claimed = await this.#history.record(
      () => server.claim(1 + this.#chance.below(4)),
      (jobs) =>
        jobs.map(({ id, token, attempt }) => [
          id,
          { kind: "claim", token, serverId: server.id, attempt },
        ]),
    );
    this.#leases.push(...claimed);
    for (const { id } of claimed) this.#own.add(id);
  }

  async #settle(server: ServerDriver): Promise<void> {
    const lease = this.#leases[this.#chance.below(Math.max(this.#leases.length, 1))];
    if (lease === undefined) return;
    const outcome = this.#chance.oneOf<SettleOutcome>([
      toSucceed(),
      toRetry(0),
      toRetry(0),
      toFail(),
      toRelease(),
      toDelete(),
    ]);
    await this.#history.record(
      () => server.settle(lease, outcome),
      (status) => [
        [lease.id, { kind: "settle", token: lease.token, outcome: outcome.kind, status }],
      ],
    );
  }

  async #recover(server: ServerDriver): Promise<void> {
    const own = [...this.#own];
    this.#own.clear();
    await this.#history.record(
      () => server.recover(),
      (reply) => {
        assert.equal(reply.kind, "recovered");
        if (reply.kind !== "recovered") return [];
        const resultOf = (id: JobId): "returned" | "deleted" | "none" =>
          reply.returned.includes(id)
            ? "returned"
            : reply.deleted.includes(id)
              ? "deleted"
              : "none";
        return own.map((id): [JobId, JobOperation] => [
          id,
          { kind: "recover", serverId: server.id, result: resultOf(id) },
        ]);
      },
    );
  }

  async #operate(
    id: JobId,
    kind: "delete" | "requeue",
    call: () => Promise<readonly ControlResult[]>,
  ): Promise<void> {
    await this.#history.record(call, ([result]) => [
      [id, { kind, result: result?.kind ?? "not-found" }],
    ]);
  }

  async #read(id: JobId): Promise<void> {
    await this.#history.record(
      () => this.#context.storage.monitor.get([id]),
      ([record]) => (record ? [[id, { kind: "read", state: record.state }]] : []),
    );
  }
}
