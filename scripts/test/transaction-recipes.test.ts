import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { filesBelow, root } from "../checks/workspace.ts";

const folder = join(root, "packages/postgres/test/adapters");
const document = condensed(readFileSync(join(root, "docs/transactions.md"), "utf8"));

describe("docs/transactions.md", () => {
  it.each(filesBelow(folder))("shows the adapter %s as it is tested", (file) => {
    const tested = condensed(readFileSync(join(folder, file), "utf8"));

    expect(tested).toContain("PostgresTransaction");
    expect(document.includes(tested)).toBe(true);
  });
});

/** Without comments and line ends: the document's lines are narrower. */
function condensed(text: string): string {
  return text.replaceAll(/\/\*\*[^]*?\*\//g, "").replaceAll(/\s+|,(?=\s*[)\]])/g, "");
}
