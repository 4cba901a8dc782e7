import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, vi } from "vitest";
import type { OtherStorage } from "./stores.ts";

/** What a program left behind. */
export interface ProgramEnd {
  /** `null`: a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a program is given beside its arguments. */
export interface ProgramOptions {
  /** @defaultValue nothing, which ends at once */
  readonly input?: ProgramInput;
  /** The storage that it runs on. @defaultValue what its text says */
  readonly storage?: OtherStorage;
  /** Variables of the environment beside those of the test. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** What a program gets on its standard input. */
interface ProgramInput {
  readonly text: string;
  /** Whether the input ends behind the text. */
  readonly ends: boolean;
}

const noInput: ProgramInput = { text: "", ends: true };

/** An example that runs in a process of its own, which does not outlive the test. */
export class Program {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #stdout = "";
  #stderr = "";

  /** @param path From the folder of the examples. */
  constructor(path: string, words: readonly string[] = [], options: ProgramOptions = {}) {
    const { input = noInput, storage, environment } = options;
    const fromSource = new URL("./from-source.ts", import.meta.url).href;
    const main = fileURLToPath(new URL(path, import.meta.url));
    this.#child = spawn(process.execPath, ["--import", fromSource, main, ...words], {
      env: {
        ...process.env,
        ...environment,
        ...(storage !== undefined && { REVO_EXAMPLE_STORAGE: JSON.stringify(storage) }),
      },
    });
    this.#closed = once(this.#child, "close");
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => (this.#stdout += text));
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.#stderr += text));
    // A program that ends before it has read everything is no fault.
    this.#child.stdin?.on("error", () => {}).write(input.text);
    if (input.ends) this.#child.stdin?.end();
    onTestFinished(() => {
      this.#child.kill("SIGKILL");
    });
  }

  send(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves once the text has been printed. */
  async printed(text: string): Promise<void> {
    await vi.waitFor(() => expect(this.#stdout).toContain(text), 20_000);
  }

  async end(): Promise<ProgramEnd> {
    await this.#closed;
    return { code: this.#child.exitCode, stdout: this.#stdout, stderr: this.#stderr };
  }
}

/** What a program wrote beside the warnings at its start: servers for tests are set up to lose data in a crash. */
export function withoutServerWarnings(stderr: string): string {
  return stderr.replaceAll(/^revo warn: .*\{"storage":"\w+"\}\n/gm, "");
}
