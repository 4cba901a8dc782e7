/** A server that one of the sources brought, and how to get rid of it again. */
export interface RunningServer {
  readonly url: string;
  readonly version: string;
  /** Ends the server and removes its data. A server that was there before is left alone. */
  readonly stop: () => Promise<void>;
}
