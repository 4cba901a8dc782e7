/** A server that one of the sources brought, and what can be done with it. */
export interface RunningServer {
  readonly url: string;
  readonly version: string;
  /** Ends it at once, without a chance to tidy up. Its data stays. */
  readonly crash: () => Promise<void>;
  /** Starts it again after {@link crash}, at the same URL, and waits until it accepts connections. */
  readonly restart: () => Promise<void>;
  /** Ends the server and removes its data. A server that was there before is left alone. */
  readonly stop: () => Promise<void>;
}
