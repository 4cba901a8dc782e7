import { keyKinds } from "../keys.ts";

/** Where each name of a key begins: `EXTRA` is `root .. 'x:'`, so that a script makes only the names that it uses. */
const keyNames: ReadonlyMap<string, string> = new Map([
  ...keyKinds.map(({ name, key }): [string, string] => [
    name,
    `root .. '${key.replace(/<.*/, "")}'`,
  ]),
  ["STORAGE", "string.sub(root, 1, -3) .. 'storage'"],
]);

/** A script made of fragments, with the names of keys written out. */
export function assemble(...fragments: readonly string[]): string {
  return fragments.join("\n").replaceAll(/\b[A-Z]{3,}\b/g, (name) => keyNames.get(name) ?? name);
}

/**
 * The functions of these fragments, made at the first call of `prepare()`, which answers those that are `named` here. A call that
 * meets plain jobs only needs none of them, and to make them all costs as much as to store a job.
 */
export function onDemand(named: readonly string[], ...fragments: readonly string[]): string {
  return `
local details
local function prepare()
  if details then return details end
${fragments.join("\n")}
  details = { ${listOf(named)} }
  return details
end
`;
}

/** The same for scripts that need them always, and at the left margin. */
export function atOnce(named: readonly string[], ...fragments: readonly string[]): string {
  return `
${fragments.join("\n")}
local details = { ${listOf(named)} }
local function prepare() return details end
`;
}

/**
 * These fragments within a function. What Lua's functions use of the function around them it looks for in a list that grows with
 * each; what they use from further out it finds at once. So what comes before, and is used by all, is further out.
 */
export function inMain(...fragments: readonly string[]): string {
  return `
local function main()
${fragments.join("\n")}
end
return main()
`;
}

function listOf(names: readonly string[]): string {
  return names.map((name) => `${name} = ${name}`).join(", ");
}
