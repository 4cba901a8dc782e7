import { Job } from "sidequest";
import type { BenchPayload } from "./bench-system.ts";

/** Set by whoever runs jobs in this process: Sidequest makes the job itself, from the file that declares it. */
export const handler: { handle: (payload: BenchPayload) => void | Promise<void> } = {
  handle: () => {},
};

export class NoopJob extends Job {
  async run(payload: BenchPayload): Promise<void> {
    await handler.handle(payload);
  }
}
