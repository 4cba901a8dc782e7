import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// Tests run from source: nothing has to be built first, and a stack trace shows the line one edits.
const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const alias = [
  {
    find: /^@revojs\/(core|memory|postgres|redis|mongodb)$/,
    replacement: source("packages/$1/src/index.ts"),
  },
  { find: /^@revojs\/conformance$/, replacement: source("conformance/src/index.ts") },
  { find: /^@revojs\/conformance\/([\w-]+)$/, replacement: source("conformance/src/$1.ts") },
];

const globalSetup = source("conformance/test/share-servers.ts");

export default defineConfig({
  test: {
    projects: [
      {
        resolve: { alias },
        test: {
          name: "unit",
          globalSetup,
          include: ["packages/*/test/**/*.test.ts", "examples/**/*.test.ts"],
          exclude: ["**/node_modules/**", "packages/*/test/conformance.test.ts"],
          // Most need milliseconds; those that start a server of their own need seconds on a busy machine.
          testTimeout: 20_000,
        },
      },
      {
        resolve: { alias },
        test: {
          name: "conformance",
          globalSetup,
          include: ["conformance/test/**/*.test.ts", "packages/*/test/conformance.test.ts"],
        },
      },
      {
        resolve: { alias },
        test: {
          name: "scripts",
          include: ["scripts/test/**/*.test.ts"],
          testTimeout: 60_000,
        },
      },
    ],
  },
});
