import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, vi } from "vitest";

/** What a program left behind. */
export interface ProgramEnd {
  /** `null`: a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a program gets on its standard input. */
export interface ProgramInput {
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
  constructor(path: string, words: readonly string[] = [], input: ProgramInput = noInput) {
    const fromSource = new URL("./from-source.ts", import.meta.url).href;
    const main = fileURLToPath(new URL(path, import.meta.url));
    this.#child = spawn(process.execPath, ["--import", fromSource, main, ...words]);
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
