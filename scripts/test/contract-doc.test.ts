import { expect, test } from "vitest";
import { contractDocument } from "../contract-doc.ts";

test("each group has a table with its cases and what they need", () => {
  const text = contractDocument([
    { id: "claim/empty", title: "a claim of nothing | is empty" },
    { id: "wake-up/once", title: "one is woken", needs: ["wakeUps"] },
  ]);

  expect(text).toContain("2 cases in 2 groups");
  expect(text).toContain("## claim\n\n| Case | What holds | Needs |\n|---|---|---|\n");
  expect(text).toContain("| `claim/empty` | a claim of nothing \\| is empty |  |");
  expect(text).toContain("| `wake-up/once` | one is woken | `wakeUps` |");
});
