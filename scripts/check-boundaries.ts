// Who may depend on whom, between packages and inside core where the linter can't see it, and which
// words may not be in any file. The rules are those of ARCHITECTURE.md.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { checkWords } from "./check-words.ts";
import { importsOf } from "./checks/imports.ts";
import { runAlone, Tally } from "./checks/tally.ts";
import { filesBelow, root, workspacePackages, type WorkspacePackage } from "./checks/workspace.ts";

/** What a published package may depend on, by package. A new package gets a line here, or fails. */
const mayDependOn: Readonly<Record<string, readonly string[]>> = {
  "@revojs/core": ["ms", "serialize-error", "superjson", "uuid"],
  "@revojs/memory": ["@revojs/core"],
  "@revojs/postgres": ["@revojs/core", "pg"],
  "@revojs/redis": ["@revojs/core", "ioredis"],
  "@revojs/mongodb": ["@revojs/core", "mongodb"],
  "@revojs/conformance": ["@revojs/core", "ioredis", "mongodb", "pg", "testcontainers", "vitest"],
  "@revojs/testing": ["@revojs/core", "@revojs/memory"],
};

/** The same for what a package needs only to test itself, of the packages of this workspace. */
const mayBeTestedWith: Readonly<Record<string, readonly string[]>> = {
  "@revojs/core": [],
  "@revojs/conformance": ["@revojs/core"],
};

/** Nothing that is published may depend on these. */
const isForbiddenEverywhere = (name: string): boolean =>
  /^@revojs\/(testing|bench|example-.*|type-tests|conformance-self)$/.test(name);

export async function checkBoundaries(): Promise<Tally> {
  const tally = new Tally();
  const packages = workspacePackages();
  for (const one of packages) {
    if (one.manifest.private !== true) {
      tally.expect(`${one.path}: package.json`, problemsOfManifest(one));
      tally.expect(`${one.path}: imports`, problemsOfImports(one));
    }
  }
  tally.expect("no cycles between packages", cycles(packages));
  tally.expect("core depends on exactly its list", problemsOfCore(packages));
  tally.expect("every folder of core has its rule in .oxlintrc.json", foldersWithoutRule());
  tally.expect("no clock of one's own", problemsOfTime());
  await checkWords(tally);
  return tally;
}

function problemsOfManifest({ manifest }: WorkspacePackage): readonly string[] {
  const allowed = mayDependOn[manifest.name];
  if (allowed === undefined) return [`${manifest.name} has no line in scripts/check-boundaries.ts`];
  const needed = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
  const forTests = Object.keys(manifest.devDependencies ?? {}).filter(isOurs);
  const allowedForTests = mayBeTestedWith[manifest.name] ?? [...allowed, "@revojs/conformance"];
  return [
    ...needed
      .filter((name) => !allowed.includes(name) || isForbiddenEverywhere(name))
      .map((name) => `${manifest.name} may not depend on ${name}`),
    ...forTests
      .filter((name) => !allowedForTests.includes(name))
      .map((name) => `${manifest.name} may not be tested with ${name}`),
    ...Object.keys(manifest.exports ?? {})
      .filter((path) => path.includes("*"))
      .map((path) => `exports has a wildcard: ${path}`),
  ];
}

/** Sources import what their package.json declares, by name, and nothing by a path out of the package. */
function problemsOfImports({ folder, path, manifest }: WorkspacePackage): readonly string[] {
  const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
  const files = filesBelow(join(folder, "src"), (file) => file.endsWith(".ts"));
  if (files.length === 0) return [`${path}/src has no TypeScript file`];
  return files.flatMap((file) =>
    importsOf(readFileSync(join(folder, "src", file), "utf8")).flatMap((specifier) => {
      if (specifier.startsWith("node:")) return [];
      if (specifier.startsWith(".")) {
        const climbs = specifier.split("/").filter((part) => part === "..").length;
        return climbs > file.split("/").length - 1 ? [`src/${file} leaves src: ${specifier}`] : [];
      }
      const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
      return declared.includes(name) ? [] : [`src/${file} imports ${name}, which is not declared`];
    }),
  );
}

function cycles(packages: readonly WorkspacePackage[]): readonly string[] {
  const edges = new Map(
    packages.map(({ manifest }) => [
      manifest.name,
      Object.keys({
        ...manifest.dependencies,
        ...manifest.peerDependencies,
        ...manifest.devDependencies,
      }).filter(isOurs),
    ]),
  );
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): readonly string[] => {
    if (path.includes(name)) return [[...path.slice(path.indexOf(name)), name].join(" → ")];
    if (done.has(name)) return [];
    const found = (edges.get(name) ?? []).flatMap((next) => visit(next, [...path, name]));
    done.add(name);
    return found;
  };
  return [...edges.keys()].flatMap((name) => visit(name, []));
}

function problemsOfCore(packages: readonly WorkspacePackage[]): readonly string[] {
  const core = packages.find(({ manifest }) => manifest.name === "@revojs/core");
  if (core === undefined) return ["packages/core is missing"];
  const has = Object.keys(core.manifest.dependencies ?? {}).toSorted();
  const wanted = mayDependOn["@revojs/core"] ?? [];
  return has.join() === [...wanted].toSorted().join()
    ? []
    : [`has: ${has.join(", ")}`, `should have: ${wanted.join(", ")}`];
}

function foldersWithoutRule(): readonly string[] {
  const rules = readFileSync(join(root, ".oxlintrc.json"), "utf8");
  const source = "packages/core/src";
  return readdirSync(join(root, source), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !rules.includes(`"${source}/${entry.name}/**"`))
    .map(({ name }) => `${source}/${name}: who may import it, and what may it import?`);
}

/** The linter bans the globals; this finds what it has no rule for. */
function problemsOfTime(): readonly string[] {
  const source = join(root, "packages/core/src");
  return filesBelow(source, (file) => file.endsWith(".ts") && !file.startsWith("support/")).flatMap(
    (file) =>
      readFileSync(join(source, file), "utf8")
        .split("\n")
        .flatMap((line, index) => {
          const code = line.replace(/\/\/.*|^\s*\*.*/, "");
          const found = /new Date\(\s*\)|node:timers|node:perf_hooks|process\.hrtime/.exec(
            code,
          )?.[0];
          return found === undefined
            ? []
            : [`packages/core/src/${file}:${index + 1}: ${found} (take the clock you are given)`];
        }),
  );
}

function isOurs(name: string): boolean {
  return name.startsWith("@revojs/");
}

if (import.meta.main) await runAlone(checkBoundaries);
