// Given to `node --import`: packages of this workspace are run from their sources, so that nothing has to be built first.
import { registerHooks } from "node:module";

const sources: readonly (readonly [RegExp, string])[] = [
  [/^@revojs\/(core|memory)$/u, "../../../packages/$1/src/index.ts"],
  [/^@revojs\/conformance$/u, "../../src/index.ts"],
  [/^@revojs\/conformance\/([\w-]+)$/u, "../../src/$1.ts"],
];

registerHooks({
  resolve(specifier, context, next) {
    const source = sources.find(([pattern]) => pattern.test(specifier));
    if (source === undefined) return next(specifier, context);
    return next(new URL(specifier.replace(...source), import.meta.url).href, context);
  },
});
