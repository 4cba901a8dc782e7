import { expect, test } from "vitest";
import { samplesOf } from "../checks/markdown.ts";

test("a TypeScript block is a sample, with the line it begins on", () => {
  const samples = samplesOf("# Title\n\n```ts\nconst one = 1;\n```\n\n```sh\nnpm start\n```\n");

  expect(samples).toEqual([{ line: 4, code: "const one = 1;", kind: "run" }]);
});

test("a mark behind ts or in a comment before the block says what not to do with it", () => {
  const markdown = [
    "```ts no-run",
    "a;",
    "```",
    "<!-- no-run -->",
    "",
    "```ts",
    "b;",
    "```",
    "```ts no-check",
    "c;",
    "```",
    "```ts",
    "d;",
    "```",
  ].join("\n");

  expect(samplesOf(markdown).map(({ kind }) => kind)).toEqual([
    "no-run",
    "no-run",
    "no-check",
    "run",
  ]);
});

test("the output is the next block, if it is marked as such", () => {
  const markdown =
    "```ts\na;\n```\n\n<!-- output -->\n```text\n1\n2\n```\n\n```ts\nb;\n```\n```text\n3\n```\n";

  expect(samplesOf(markdown).map(({ output }) => output)).toEqual(["1\n2", undefined]);
});

test("a block inside a list loses its indentation", () => {
  expect(samplesOf("- so:\n  ```ts\n  if (a) {\n    b;\n  }\n  ```\n")[0]?.code).toBe(
    "if (a) {\n  b;\n}",
  );
});
