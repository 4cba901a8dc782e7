import assert from "node:assert/strict";
import type { ControlResult, JobId, NewJob } from "@revojs/core";
import { assertRemaining, assertSameItems, idsOf } from "../assertions.ts";
import { aJob, anAct, aToken, MINUTE_MS } from "../builders.ts";
import type { CaseContext } from "../case-context.ts";
import { aServer, type HeldJob, type ServerDriver } from "../server-driver.ts";
import { JobModel, type NewModelJob } from "./job-model.ts";
import {
  MODEL_CRASH_DELAY_MINUTES,
  MODEL_KEYS,
  MODEL_QUEUES,
  MODEL_SERVERS,
  type ModelCommand,
  type ModelOutcome,
} from "./model-command.ts";
import { pictureOf } from "./model-job.ts";
import { picked, queueOf, RETAIN_MS, toNewJob, toOutcome } from "./model-requests.ts";

const BATCH = 100;

/** Runs a history on a storage and on the model side by side; throws at the first step at which they part. */
export class ModelRun {
  readonly #context: CaseContext;
  readonly #model = new JobModel();
  readonly #servers: ServerDriver[] = [];
  readonly #lost = new Set<string>();
  readonly #jobs: NewJob[] = [];
  readonly #leases: HeldJob[] = [];

  private constructor(context: CaseContext) {
    this.#context = context;
  }

  /** @param context An empty store. */
  static async run(context: CaseContext, commands: readonly ModelCommand[]): Promise<void> {
    const run = new ModelRun(context);
    for (let count = 0; count < MODEL_SERVERS; count++) {
      run.#servers.push(await aServer(context.storage));
    }
    for (const [index, command] of commands.entries()) {
      // Each step has an instant of its own, so that no order rests on a tie.
      await context.advance(1);
      await run.#step(command).catch((error: unknown) => fail(index, command, error));
      await run.#compare().catch((error: unknown) => fail(index, command, error));
    }
    await run.#drain();
  }

  async #step(command: ModelCommand): Promise<void> {
    const { control } = this.#context.storage;
    switch (command.kind) {
      case "enqueue": {
        const jobs = Array.from({ length: command.count }, () => this.#newJob(command));
        return this.#enqueue(jobs.map((job) => ({ ...job, minutes: 0, isReplacing: false })));
      }
      case "schedule":
        return this.#enqueue([{ ...this.#newJob(command), minutes: command.minutes }]);
      case "unique": {
        const key = MODEL_KEYS[command.key % MODEL_KEYS.length] ?? "";
        const { scope, isReplacing, minutes } = command;
        return this.#enqueue([{ ...this.#newJob({}), key, scope, isReplacing, minutes }]);
      }
      case "repeat":
        return this.#repeat(command.pick);
      case "claim":
        return this.#claim(command);
      case "settle": {
        const active = this.#leases.filter(({ id, token }) => {
          const job = this.#model.jobs.get(id);
          return job?.state === "processing" && job.token === token;
        });
        return this.#settle(picked(active, command.pick), command.outcome);
      }
      case "settle-again":
        return this.#settle(picked(this.#leases, command.pick), command.outcome);
      case "settle-foreign": {
        const lease = picked(this.#leases, command.pick);
        return this.#settle(lease && { ...lease, token: aToken() }, command.outcome);
      }
      case "start":
        return this.#startOne(picked(this.#leases, command.pick));
      case "heartbeat":
        return this.#heartbeat(this.#server(command.server));
      case "recover":
        return this.#recover(this.#server(command.server), command.isBeatRight);
      case "unregister": {
        const server = this.#server(command.server);
        this.#lost.add(server.id);
        return server.unregister();
      }
      case "restart":
        this.#servers[command.server % MODEL_SERVERS] = await aServer(this.#context.storage);
        return;
      case "promote":
        return this.#promote(command.limit);
      case "delete":
        return this.#act(
          command.pick,
          (ids) => control.delete({ ...anAct(ids), retainMs: RETAIN_MS }),
          (id) => this.#model.delete(id),
        );
      case "requeue": {
        const { resetAttempts } = command;
        const from = ["scheduled", "succeeded", "failed", "deleted"] as const;
        // When a window of a key that was over is taken again is nobody's to say.
        if (this.#hasWindow(command.pick)) return;
        return this.#act(
          command.pick,
          (ids) => control.requeue({ ...anAct(ids, { from }), resetAttempts }),
          (id) => this.#model.requeue(id, resetAttempts),
        );
      }
      case "reschedule": {
        const start = { kind: "delay", delayMs: command.minutes * MINUTE_MS } as const;
        return this.#act(
          command.pick,
          (ids) => control.reschedule({ ...anAct(ids), start }),
          (id) => this.#model.reschedule(id, command.minutes),
        );
      }
      case "move": {
        const present = this.#model.jobs.get(picked(this.#jobs, command.pick)?.id ?? "")?.queue;
        const queue = MODEL_QUEUES.find((name) => name !== present) ?? "";
        return this.#act(
          command.pick,
          (ids) => control.move({ ...anAct(ids), queue }),
          (id) => this.#model.move(id, queue),
        );
      }
      case "replace-content": {
        const payload = `"content of ${this.#jobs.length}"`;
        const content = { payload, envelope: "{}", tags: [], maxAttempts: 5 };
        return this.#act(
          command.pick,
          (ids) => control.replaceContent({ ...anAct(ids), ...content }),
          (id) => this.#model.replaceContent(id, payload),
        );
      }
      case "pause": {
        const queue = queueOf(command.queue);
        const forMs = command.minutes * MINUTE_MS;
        const pause = { queue, actor: "alice", reason: "model" };
        await control.pauseQueue(forMs === 0 ? pause : { ...pause, forMs });
        return this.#model.pause(queue, command.minutes);
      }
      case "resume":
        await control.resumeQueue({ queue: queueOf(command.queue), actor: "alice" });
        return this.#model.resume(queueOf(command.queue));
      case "advance":
        return this.#advance(command.minutes);
    }
  }

  #newJob(given: {
    readonly queue?: number;
    readonly priority?: number;
    readonly maxCrashes?: number;
  }): Omit<NewModelJob, "minutes"> {
    const { queue = 0, priority = 5, maxCrashes = 3 } = given;
    const job = aJob({ payload: `"job ${this.#jobs.length}"` });
    return {
      ...{ id: job.id, payload: job.payload, queue: queueOf(queue), priority, maxCrashes },
      ...{ key: undefined, scope: undefined, isReplacing: false },
    };
  }

  async #enqueue(requests: readonly NewModelJob[]): Promise<void> {
    const jobs = requests.map(toNewJob);
    this.#jobs.push(...jobs);

    const results = await this.#context.storage.enqueue({ jobs });

    const expected = requests.map((request) => this.#model.enqueue(request));
    assert.deepEqual(results, expected);
  }

  async #repeat(pick: number): Promise<void> {
    const job = picked(this.#jobs, pick);
    if (job === undefined || !this.#model.jobs.has(job.id)) return;

    const results = await this.#context.storage.enqueue({ jobs: [job], mayExist: true });

    assert.deepEqual(results, [{ kind: "exists" }]);
  }

  async #claim({
    server: index,
    firstQueue,
    limit,
  }: Extract<ModelCommand, { kind: "claim" }>): Promise<void> {
    // Whether a claim gives what it promoted itself is open, so all that is due is promoted before.
    await this.#promote(BATCH);
    const server = this.#server(index);
    const token = aToken();
    const queues = [queueOf(firstQueue), queueOf(firstQueue + 1)];

    const jobs = await server.claim(limit, { token, queues, promoteLimit: 0 });

    const isLost = this.#lost.has(server.id);
    const expected = isLost ? [] : this.#model.claim(server.id, token, queues, limit);
    assert.deepEqual(
      jobs.map((job) => [job.id, job.attempt, job.crashes, job.releases, job.payload]),
      expected.map((job) => [job.id, job.attempt, job.crashes, job.releases, job.payload]),
    );
    this.#leases.push(...jobs);
  }

  async #settle(lease: HeldJob | undefined, outcome: ModelOutcome): Promise<void> {
    if (lease === undefined) return;

    const status = await this.#server(0).settle(lease, toOutcome(outcome));

    const allowed = this.#model.settle(lease.id, lease.token, outcome);
    assert.ok(allowed.includes(status), `answered ${status}, expected ${allowed.join(" or ")}`);
  }

  async #startOne(lease: HeldJob | undefined): Promise<void> {
    if (lease === undefined) return;
    // A server runs one suspect at a time; two that crash together would be due at one instant, in no order.
    const serverId = this.#model.jobs.get(lease.id)?.serverId ?? "";
    if (this.#model.held(serverId).some((job) => job.isStarting && job.id !== lease.id)) return;

    await this.#server(0).start(lease);

    this.#model.start(lease.id, lease.token);
  }

  async #heartbeat(server: ServerDriver): Promise<void> {
    const before = server.beat;

    const reply = await server.heartbeat();

    if (this.#lost.has(server.id)) return assert.equal(reply.lease, "lost");
    const marked = this.#model.held(server.id).filter((job) => job.isDeletionRequested);
    assert.equal(reply.lease, "held");
    assert.equal(reply.beat, before + 1);
    assert.deepEqual(reply.deletions, idsOf(marked).toSorted());
  }

  async #recover(server: ServerDriver, isBeatRight: boolean): Promise<void> {
    const beat = isBeatRight ? server.beat : server.beat + 1;
    const delayMs = MODEL_CRASH_DELAY_MINUTES * MINUTE_MS;

    const reply = await server.recover({ beat, delayMs, retainMs: RETAIN_MS });

    if (!isBeatRight && !this.#lost.has(server.id)) {
      return assert.deepEqual(reply, { kind: "beat-moved" });
    }
    this.#lost.add(server.id);
    const expected = this.#model.recover(server.id);
    assert.equal(reply.kind, "recovered");
    if (reply.kind !== "recovered") return;
    assertSameItems(reply.returned, expected.returned);
    assertSameItems(reply.failed, expected.failed);
    assertSameItems(reply.deleted, expected.deleted);
    assert.equal(reply.more, false);
  }

  async #promote(limit: number): Promise<void> {
    const reply = await this.#context.storage.upkeep.promote(limit);

    assert.equal(reply.promoted, this.#model.promote(limit));
    const minutes = this.#model.nextDueInMinutes();
    if (minutes === null) return assert.equal(reply.nextDueInMs, null);
    // Due times were given by earlier steps, each a little before now.
    const elapsedMs = this.#context.slackMs + this.#jobs.length + 1000;
    assertRemaining(reply.nextDueInMs, minutes * MINUTE_MS, elapsedMs);
  }

  async #act(
    pick: number,
    call: (ids: readonly JobId[]) => Promise<readonly ControlResult[]>,
    expect: (id: JobId) => ControlResult,
  ): Promise<void> {
    const job = picked(this.#jobs, pick);
    if (job === undefined) return;

    const results = await call([job.id]);

    assert.deepEqual(results, [expect(job.id)]);
  }

  async #advance(minutes: number): Promise<void> {
    await this.#context.advance(minutes * MINUTE_MS);
    for (let more = true; more; ) more = (await this.#context.storage.upkeep.prune(BATCH)).more;
    this.#model.advance(minutes);
  }

  /** Every job that ever was, and every key. */
  async #compare(): Promise<void> {
    const { monitor } = this.#context.storage;
    for (let first = 0; first < this.#jobs.length; first += BATCH) {
      const ids = idsOf(this.#jobs.slice(first, first + BATCH));
      const records = await monitor.get(ids);
      const expected = ids.map((id) => this.#model.jobs.get(id));
      const pictures = records.map((record, index) => {
        const job = expected[index];
        if (record === null || job === undefined) return record && "still there";
        const isDeletionRequested = record.deletionRequestedAt !== undefined;
        const payload = record.texts?.payload;
        const all: Readonly<Record<string, unknown>> = { ...record, payload, isDeletionRequested };
        return Object.fromEntries(Object.keys(pictureOf(job)).map((name) => [name, all[name]]));
      });
      assert.deepEqual(
        pictures,
        expected.map((job) => (job === undefined ? null : pictureOf(job))),
      );
    }
    const holders = MODEL_KEYS.map((key) => this.#model.keys.holderOf(key) ?? null);
    assert.deepEqual(await monitor.holders(MODEL_KEYS), holders);
  }

  /** What is left is given in the order of the model, each job once. */
  async #drain(): Promise<void> {
    const server = await aServer(this.#context.storage);
    this.#servers.push(server);
    for (const queue of MODEL_QUEUES) {
      await this.#context.storage.control.resumeQueue({ queue, actor: "alice" });
      this.#model.resume(queue);
    }
    const index = this.#servers.length - 1;
    await this.#claim({ kind: "claim", server: index, firstQueue: 0, limit: BATCH });
  }

  #server(index: number): ServerDriver {
    const server = this.#servers[index] ?? this.#servers[index % MODEL_SERVERS];
    assert.ok(server);
    return server;
  }

  #hasWindow(pick: number): boolean {
    return picked(this.#jobs, pick)?.unique?.scope === "window";
  }
}

function fail(index: number, command: ModelCommand, error: unknown): never {
  const message = `step ${index}, ${JSON.stringify(command)}: ${String(error)}`;
  throw new assert.AssertionError({ message });
}
