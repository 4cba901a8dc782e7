import { createHash } from "node:crypto";
import type { Effect } from "./errors.ts";

/** A Lua script. All keys of a storage share one slot, so a script is given one of them and makes the names of the others. */
export interface Script<TReply> {
  readonly name: string;
  readonly text: string;
  /** By which the server knows the script once it has seen its text. */
  readonly sha: string;
  readonly effect: Effect;
  /** Never there: it carries the type of the reply. */
  readonly reply?: TReply;
}

/** Names a script. `effect` says whether a repeat after a lost reply may do something twice. */
export function defineScript<TReply>(name: string, effect: Effect, text: string): Script<TReply> {
  return { name, text, sha: createHash("sha1").update(text).digest("hex"), effect };
}

type Change = (text: string) => string;

const changed = new Map<Change, Map<string, Script<unknown>>>();

/** The script with its text changed, made once. */
export function scriptWith<TReply>(script: Script<TReply>, change: Change): Script<TReply> {
  const scripts = changed.get(change) ?? new Map<string, Script<unknown>>();
  changed.set(change, scripts);
  const known =
    scripts.get(script.sha) ?? defineScript(script.name, script.effect, change(script.text));
  scripts.set(script.sha, known);
  return known as Script<TReply>;
}
