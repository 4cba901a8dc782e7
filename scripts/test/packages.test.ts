import { expect, test } from "vitest";
import { fileList } from "../check-packages.ts";

test("the outputs of one source file share a line, and a missing one shows", () => {
  const listing = [
    "package/package.json",
    "package/dist/index.js",
    "package/dist/index.js.map",
    "package/dist/index.d.ts",
    "package/dist/index.d.ts.map",
    "package/dist/job/job.js",
    "package/src/index.ts",
    "",
  ].join("\n");

  expect(fileList(listing)).toBe(
    "dist/index{.d.ts,.d.ts.map,.js,.js.map}\ndist/job/job.js\npackage.json\nsrc/index.ts\n",
  );
});
