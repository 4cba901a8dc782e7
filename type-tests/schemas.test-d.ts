// The libraries that people use for schemas: callers pass what goes into a schema, handlers get what comes out of it.
// oxlint-disable typescript/no-unnecessary-type-parameters -- the comparison of types needs parameters that stand once
import { defineJob, type IJobScheduler, type JobHandle } from "@revojs/core";
import * as valibot from "valibot";
import { z } from "zod";

type Equal<Left, Right> =
  (<T>() => T extends Left ? 1 : 2) extends <T>() => T extends Right ? 1 : 2 ? true : false;
function assertType<_T extends true>(): void {}

const byZod = defineJob({
  name: "by-zod",
  payload: z.object({ file: z.string(), limit: z.coerce.number().default(1000) }),
  handle: async (payload) => {
    assertType<Equal<typeof payload, { file: string; limit: number }>>();
    return payload.limit;
  },
});

const byValibot = defineJob({
  name: "by-valibot",
  payload: valibot.object({ file: valibot.string(), limit: valibot.optional(valibot.number(), 5) }),
  handle: async (payload) => {
    assertType<Equal<typeof payload, { file: string; limit: number }>>();
    return payload.file;
  },
});

export async function enqueued(scheduler: IJobScheduler): Promise<void> {
  const zod = await scheduler.enqueueJob(byZod, { file: "users.csv", limit: "5" });
  assertType<Equal<typeof zod, JobHandle<number>>>();
  const viaValibot = await scheduler.enqueueJob(byValibot, { file: "users.csv" });
  assertType<Equal<typeof viaValibot, JobHandle<string>>>();

  // @ts-expect-error -- the file is missing
  await scheduler.enqueueJob(byZod, { limit: "5" });
  // @ts-expect-error -- valibot's number takes no text
  await scheduler.enqueueJob(byValibot, { file: "users.csv", limit: "5" });
}
