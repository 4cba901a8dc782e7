// `npm run bench [-- arguments]`: sets the checkout up where needed, then measures.
import { join } from "node:path";
import { prepare, root, runAndExit } from "./bootstrap.mjs";

const { node, env } = await prepare({ build: ["bench"] });
await runAndExit(node, ["--expose-gc", join(root, "bench/run.ts"), ...process.argv.slice(2)], {
  cwd: process.env.INIT_CWD ?? process.cwd(),
  env,
});
