// What the registration of jobs lets through the compiler, what it refuses, and what is inferred.
// oxlint-disable typescript/no-unnecessary-type-parameters -- the comparison of types needs parameters that stand once
import {
  defineJob,
  job,
  Job,
  RetryAfterError,
  RevoConfiguration,
  type IJob,
  type IJobHandler,
  type IJobScheduler,
  type JobHandle,
  type Revo,
  type StandardSchemaV1,
} from "@revojs/core";
import { MemoryJobStorage } from "@revojs/memory";

type Equal<Left, Right> =
  (<T>() => T extends Left ? 1 : 2) extends <T>() => T extends Right ? 1 : 2 ? true : false;
function assertType<_T extends true>(): void {}

class SendWelcome implements IJob {
  static readonly type = "send-welcome";
  readonly userId = "1";
}

class ResizeImage extends Job<{ width: number }> {
  static readonly type = "resize-image";
  readonly url = "a.png";
}

class Nameless implements IJob {
  readonly userId = "1";
}

class SendWelcomeHandler implements IJobHandler<SendWelcome> {
  readonly #mailer: object;
  constructor(mailer: object) {
    this.#mailer = mailer;
  }
  async handle(_job: SendWelcome): Promise<void> {
    void this.#mailer;
  }
}

class ForgetfulHandler {
  async handle(_job: ResizeImage): Promise<void> {}
}

declare const schema: StandardSchemaV1<{ limit?: number | string }, { limit: number }>;
const shared = defineJob({ name: "shared", payload: schema });
const counted = defineJob({ name: "counted", payload: schema }).returns<number>();
const greet = job("greet", async ({ name }: { name: string }) => name.length);

export async function registered(): Promise<Revo> {
  const revo = await new RevoConfiguration()
    .useJobs(
      () => new MemoryJobStorage(),
      (jobs) => {
        jobs.handle(SendWelcome, SendWelcomeHandler, { timeout: "30 s" });
        jobs.handle(SendWelcome, { create: () => new SendWelcomeHandler({}) });
        jobs.handle(ResizeImage, async (image, { signal, attempt }) => {
          assertType<Equal<typeof image, ResizeImage>>();
          assertType<Equal<typeof signal, AbortSignal>>();
          return { width: attempt };
        });
        jobs.add(greet).declare(shared).declare(SendWelcome);
        jobs.add(counted, ({ limit }) => limit * 2);

        // @ts-expect-error -- the handler is another job's
        jobs.handle(ResizeImage, SendWelcomeHandler);
        // @ts-expect-error -- the handler returns nothing
        jobs.handle(ResizeImage, ForgetfulHandler);
        // @ts-expect-error -- the function returns something else
        jobs.handle(ResizeImage, async () => ({ height: 1 }));
        // @ts-expect-error -- a class without a static type
        jobs.handle(Nameless, async () => {});
        // @ts-expect-error -- the schema's output has no such field
        jobs.add(counted, ({ size }) => size);
        // @ts-expect-error -- it returns a number
        jobs.add(counted, () => "2");
        // @ts-expect-error -- no such option
        jobs.handle(SendWelcome, SendWelcomeHandler, { timeOut: "30 s" });
        // @ts-expect-error -- no such option
        jobs.server({ concurency: 5 });
      },
    )
    .start();

  const handle = await revo.scheduler.enqueueJob(counted, { limit: "5" });
  assertType<Equal<typeof handle, JobHandle<number>>>();
  const made = await revo.scheduler.enqueueJob(counted.with({}));
  assertType<Equal<typeof made, JobHandle<number>>>();
  assertType<Equal<typeof revo.scheduler, IJobScheduler>>();
  revo.events.on("job.failed", ({ reason, attempt }) => {
    assertType<Equal<typeof reason, string>>();
    assertType<Equal<typeof attempt, number>>();
  });
  // @ts-expect-error -- no such event
  revo.events.on("job.suceeded", () => {});
  // @ts-expect-error -- a definition whose function says what it returns
  greet.returns<string>();
  // @ts-expect-error -- not a duration
  void new RetryAfterError("soon");
  return revo;
}
