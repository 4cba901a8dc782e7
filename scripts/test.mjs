// `npm test [-- stage …]`: sets the checkout up where needed, then runs every check, or the named ones.
import { join } from "node:path";
import { prepare, root, runAndExit } from "./bootstrap.mjs";

const { node, env } = await prepare({ build: [] });
await runAndExit(node, [join(root, "scripts/run-checks.ts"), ...process.argv.slice(2)], {
  cwd: root,
  env,
});
