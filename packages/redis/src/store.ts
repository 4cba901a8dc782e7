import type { Connection } from "./connection.ts";
import { clockKeyOf } from "./keys.ts";
import type { RedisSettings } from "./options.ts";
import type { Script } from "./script.ts";

/** What the operations work with: a way to run scripts on one storage. */
export class Store {
  readonly settings: RedisSettings;
  readonly connection: Connection;
  readonly #clockKey: string;

  constructor(settings: RedisSettings, connection: Connection) {
    this.settings = settings;
    this.connection = connection;
    this.#clockKey = clockKeyOf(settings.prefix);
  }

  /** The key that every script is given. */
  get clockKey(): string {
    return this.#clockKey;
  }

  run<TReply>(script: Script<TReply>, values: readonly (string | number)[]): Promise<TReply> {
    return this.connection.run(script, this.#clockKey, values);
  }
}
