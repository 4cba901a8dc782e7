import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Figures } from "./scenarios/scenario.ts";

/** Runs one scenario in a fresh process and reads its figures. @throws When the process fails. */
export function runScenario(name: string): Promise<Figures> {
  const entry = join(import.meta.dirname, "scenario-process.ts");
  const child = spawn(process.execPath, ["--expose-gc", entry, name], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(JSON.parse(output) as Figures);
      else reject(new Error(`Scenario ${name} ended with code ${code}`));
    });
  });
}
