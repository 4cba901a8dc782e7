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
  readonly #remainingMs: (() => number) | undefined;

  /** @param remainingMs How long each call may still take, if it is a part of a longer one. */
  constructor(settings: RedisSettings, connection: Connection, remainingMs?: () => number) {
    this.settings = settings;
    this.connection = connection;
    this.#clockKey = clockKeyOf(settings.prefix);
    this.#remainingMs = remainingMs;
  }

  /** The key that every script is given. */
  get clockKey(): string {
    return this.#clockKey;
  }

  /** Of a call that begins now; `undefined`: as set. */
  get timeoutMs(): number | undefined {
    return this.#remainingMs?.();
  }

  /** The script as this storage runs it. */
  scriptOf<TReply>(script: Script<TReply>): Script<TReply> {
    return this.settings.indexTags ? scriptWith(script, withTagIndex) : script;
  }

  run<TReply>(script: Script<TReply>, values: readonly (string | number)[]): Promise<TReply> {
    return this.connection.run(this.scriptOf(script), this.#clockKey, values, this.timeoutMs);
  }
}
