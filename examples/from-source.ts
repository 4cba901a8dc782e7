// Loaded with `node --import`: a program then runs on the sources of the packages, as the tests do, not on what was built. With
// REVO_EXAMPLE_STORAGE it also runs on another storage, by the change that the README shows: the line that makes it, and its import.
import { registerHooks } from "node:module";
import type { OtherStorage } from "./stores.ts";

const wanted = process.env["REVO_EXAMPLE_STORAGE"];
const storage = wanted === undefined ? undefined : (JSON.parse(wanted) as OtherStorage);

registerHooks({
  resolve(specifier, context, next) {
    const name = /^@revojs\/(core|memory|postgres|redis|mongodb)$/.exec(specifier)?.[1];
    if (name === undefined) return next(specifier, context);
    const url = new URL(`../packages/${name}/src/index.ts`, import.meta.url).href;
    return { url, shortCircuit: true };
  },
  load(url, context, next) {
    const loaded = next(url, context);
    if (storage === undefined || url !== mainUrl()) return loaded;
    return { ...loaded, source: onStorage(textOf(loaded.source), storage) };
  },
});

function textOf(source: string | ArrayBuffer | NodeJS.TypedArray | undefined): string {
  return typeof source === "string" ? source : new TextDecoder().decode(source);
}

function mainUrl(): string {
  return new URL(process.argv[1] ?? "", "file:").href;
}

function onStorage(text: string, other: OtherStorage): string {
  const made = `new ${other.className}(${JSON.stringify(other.options)})`;
  const imported = `import { ${other.className} } from ${JSON.stringify(other.package)};`;
  const line = replaceOnce(text, "new MemoryJobStorage()", made);
  return replaceOnce(line, 'import { MemoryJobStorage } from "@revojs/memory";', imported);
}

function replaceOnce(text: string, before: string, after: string): string {
  const [start, end, ...more] = text.split(before);
  if (start === undefined || end === undefined || more.length > 0) {
    throw new Error(`Expected the example to say ${before} once`);
  }
  return start + after + end;
}
