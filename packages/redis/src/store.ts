import type { Connection } from "./connection.ts";
import { clockKeyOf } from "./keys.ts";
import type { RedisSettings } from "./options.ts";
import { type Script, scriptWith } from "./script.ts";
import { withTagIndex } from "./scripts/tag-index.ts";

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

  /** The script as this storage runs it. */
  scriptOf<TReply>(script: Script<TReply>): Script<TReply> {
    return this.settings.indexTags ? scriptWith(script, withTagIndex) : script;
  }

  run<TReply>(script: Script<TReply>, values: readonly (string | number)[]): Promise<TReply> {
    return this.connection.run(this.scriptOf(script), this.#clockKey, values);
  }
}
