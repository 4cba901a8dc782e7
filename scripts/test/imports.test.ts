import { expect, test } from "vitest";
import { importsOf } from "../checks/imports.ts";

test("every kind of import is seen", () => {
  const source = [
    'import "a";',
    'import b from "b";',
    'import type { C } from "c";',
    "import {",
    "  type D,",
    '} from "d";',
    'export { e } from "e";',
    'export type * from "f";',
    'const g = await import("g");',
  ].join("\n");

  expect(importsOf(source)).toEqual(["a", "b", "c", "d", "e", "f", "g"]);
});

test("comments and strings import nothing", () => {
  const source = [
    "/**",
    ' * import { a } from "a";',
    " */",
    '// import { b } from "b";',
    'export const c = "c";',
    'export function d(): string { return "d"; }',
  ].join("\n");

  expect(importsOf(source)).toEqual([]);
});
