/** What one stage found: counts, and what a reader needs to see of it. */
export class Tally {
  passed = 0;
  failed = 0;
  skipped = 0;
  /** Lines to print under the stage's title. */
  readonly lines: string[] = [];

  pass(count = 1): void {
    this.passed += count;
  }

  fail(title: string, details = ""): void {
    this.failed += 1;
    this.lines.push(`✗ ${title}`);
    if (details.trim() !== "") this.lines.push(indent(details));
  }

  /** A skip is never silent: it says why. */
  skip(title: string, reason: string): void {
    this.skipped += 1;
    this.lines.push(`- skipped: ${title} (${reason})`);
  }

  note(text: string): void {
    this.lines.push(text);
  }

  /** Counts one check: passed when nothing is wrong. */
  expect(title: string, problems: readonly string[]): void {
    if (problems.length === 0) this.pass();
    else this.fail(title, problems.join("\n"));
  }

  /** Takes over what another one has counted. */
  add(other: Tally): void {
    this.passed += other.passed;
    this.failed += other.failed;
    this.skipped += other.skipped;
    this.lines.push(...other.lines);
  }

  get summary(): string {
    const skipped = this.skipped === 0 ? "" : `, ${this.skipped} skipped`;
    return `${this.passed} passed, ${this.failed} failed${skipped}`;
  }
}

/** Runs one check on its own, outside of `npm test`, and sets the exit code. */
export async function runAlone(check: () => Promise<Tally>): Promise<void> {
  const tally = await check();
  for (const line of tally.lines) console.log(line);
  console.log(tally.summary);
  if (tally.failed > 0 || tally.passed === 0) process.exitCode = 1;
}

function indent(text: string): string {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n");
}
