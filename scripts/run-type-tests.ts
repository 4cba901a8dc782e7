// Compiles type-tests/*.test-d.ts against the built declarations with every compiler that users may have,
// and checks first that the compiler, run this way, sees a planted error at all.
import { writeFileSync, mkdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { runAlone, Tally } from "./checks/tally.ts";
import { execute, filesBelow, readJson, root } from "./checks/workspace.ts";

const folder = join(root, "type-tests");
const compilers = ["typescript-5.9", "typescript-6.0", "typescript"];
const files = filesBelow(folder, (file) => file.endsWith(".test-d.ts"));
const isOfSchemas = (file: string): boolean => file === "schemas.test-d.ts";
const programs = {
  // Our declarations are themselves under test, those of the drivers that they mention included.
  packages: { files: files.filter((file) => !isOfSchemas(file)), skipLibCheck: false },
  // The libraries for schemas are not, and to check them takes longer than all the rest.
  schemas: { files: files.filter(isOfSchemas), skipLibCheck: true },
};
const resolutions = {
  nodenext: { module: "NodeNext", moduleResolution: "NodeNext" },
  bundler: { module: "ESNext", moduleResolution: "Bundler" },
};

export async function runTypeTests(): Promise<Tally> {
  const tally = new Tally();
  for (const compiler of compilers) {
    const { version, script } = locate(compiler);
    for (const [name, resolution] of Object.entries(resolutions)) {
      for (const [part, program] of Object.entries(programs)) {
        const options = { ...resolution, skipLibCheck: program.skipLibCheck };
        const project = writeProject(`${compiler}-${name}-${part}`, options, program.files);
        const run = await execute(process.execPath, [script, "-p", project], { cwd: folder });
        if (run.code === 0) tally.pass(program.files.length);
        else tally.fail(`TypeScript ${version}, ${name}, ${part}`, run.output);
      }
    }
    const planted = writeProject(`${compiler}-planted`, resolutions.nodenext, [
      "planted-errors.ts",
    ]);
    const run = await execute(process.execPath, [script, "-p", planted], { cwd: folder });
    const missed = plantedErrors.filter((code) => !run.output.includes(code));
    tally.expect(`TypeScript ${version} reports every planted error`, missed);
  }
  tally.note(`${files.length} files, ${compilers.length} compilers, 2 kinds of resolution`);
  return tally;
}

/** A wrong assignment, and an expected error that does not come. */
const plantedErrors = ["TS2322", "TS2578"];

function locate(compiler: string): { readonly version: string; readonly script: string } {
  const require = createRequire(join(folder, "package.json"));
  const manifest = require.resolve(`${compiler}/package.json`);
  return {
    version: (readJson(manifest) as { readonly version: string }).version,
    script: join(dirname(manifest), "bin", "tsc"),
  };
}

function writeProject(
  name: string,
  options: Readonly<Record<string, string | boolean>>,
  include: readonly string[],
): string {
  const file = join(root, ".cache", "type-tests", `tsconfig.${name}.json`);
  mkdirSync(dirname(file), { recursive: true });
  rmSync(file, { force: true });
  const config = {
    compilerOptions: {
      ...options,
      target: "ES2023",
      lib: ["ES2023", "ESNext.Disposable"],
      types: ["node"],
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noEmit: true,
    },
    include: include.map((pattern) => `../../type-tests/${pattern}`),
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

if (import.meta.main) await runAlone(runTypeTests);
