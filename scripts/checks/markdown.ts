/** A fenced TypeScript block of a Markdown text. */
export interface Sample {
  /** Line of the block's first line of code, counted from 1. */
  readonly line: number;
  readonly code: string;
  /** `run`: checked and run. `no-run`: checked only. `no-check`: a fragment, left alone. */
  readonly kind: "run" | "no-run" | "no-check";
  /** What it must print, where the text says so. */
  readonly output?: string;
}

interface Fence {
  readonly line: number;
  readonly info: string;
  readonly marks: string;
  readonly body: string;
}

/**
 * Finds the ```ts blocks of a Markdown text. `no-run` or `no-check` stands behind ```ts, or in a comment
 * `<!-- no-run -->` on the line before the block. The output a sample must have is the next ```text
 * block, if the line before that one is `<!-- output -->`.
 */
export function samplesOf(markdown: string): readonly Sample[] {
  const fences = fencesOf(markdown);
  return fences.flatMap((fence, index) => {
    if (!/^(ts|typescript)\b/.test(fence.info)) return [];
    const words = `${fence.info} ${fence.marks}`;
    const next = fences[index + 1];
    const output = next?.marks.includes("<!-- output -->") === true ? next.body : undefined;
    const kind = /\bno-check\b/.test(words)
      ? "no-check"
      : /\bno-run\b/.test(words)
        ? "no-run"
        : "run";
    return [
      { line: fence.line, code: fence.body, kind, ...(output === undefined ? {} : { output }) },
    ];
  });
}

function fencesOf(markdown: string): readonly Fence[] {
  const found: Fence[] = [];
  const lines = markdown.split(/\r?\n/);
  let marks = "";
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? "";
    const open = /^(\s*)(`{3,}|~{3,})(.*)$/.exec(line);
    if (open === null) {
      if (line.trim() !== "") marks = line;
      continue;
    }
    const [, indent = "", fence = "", info = ""] = open;
    const body: string[] = [];
    const first = index + 2;
    index += 1;
    while (index < lines.length && !(lines[index] ?? "").trim().startsWith(fence)) {
      const text = lines[index] ?? "";
      body.push(text.startsWith(indent) ? text.slice(indent.length) : text);
      index += 1;
    }
    found.push({ line: first, info: info.trim(), marks, body: body.join("\n") });
    marks = "";
  }
  return found;
}
