// Loaded with `node --import`: a program then runs on the sources of the packages, as the tests do, not on what was built.
import { registerHooks } from "node:module";

registerHooks({
  resolve(specifier, context, next) {
    const name = /^@revojs\/(core|memory)$/.exec(specifier)?.[1];
    if (name === undefined) return next(specifier, context);
    const url = new URL(`../packages/${name}/src/index.ts`, import.meta.url).href;
    return { url, shortCircuit: true };
  },
});
