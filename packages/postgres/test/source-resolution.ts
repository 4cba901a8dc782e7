// Given to `node --import`: packages of this workspace are run from their sources, so that nothing has to be built first.
import { registerHooks } from "node:module";

registerHooks({
  resolve(specifier, context, next) {
    const [, name] = /^@revojs\/(core|postgres)$/u.exec(specifier) ?? [];
    if (name === undefined) return next(specifier, context);
    return next(new URL(`../../${name}/src/index.ts`, import.meta.url).href, context);
  },
});
