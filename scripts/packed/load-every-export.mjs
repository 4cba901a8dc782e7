// Copied into a project that has nothing but the packed packages: every entry point given as an argument
// is imported and required, and both see the same names.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
console.log(`node ${process.versions.node}`);
for (const specifier of process.argv.slice(2)) {
  if (specifier.endsWith("/package.json")) {
    if (require(specifier).type !== "module") throw new Error(`${specifier} is not of type module`);
    console.log(`ok ${specifier}`);
    continue;
  }
  const imported = namesOf(await import(specifier));
  const required = namesOf(require(specifier));
  if (imported === "") throw new Error(`${specifier} exports nothing`);
  if (imported !== required) {
    throw new Error(`${specifier}: import sees ${imported}\nbut require sees ${required}`);
  }
  console.log(`ok ${specifier}`);
}

function namesOf(module) {
  return Object.keys(module)
    .filter((name) => name !== "__esModule")
    .toSorted()
    .join();
}
