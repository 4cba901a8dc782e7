// `npm start [-- arguments]`: sets the checkout up where needed, then runs the shop demo.
import { join } from "node:path";
import { prepare, root, runAndExit } from "./bootstrap.mjs";

// What the demo can run on; each builds core with it.
const storages = ["memory", "postgres", "redis", "mongodb"];
const { node, env } = await prepare({ build: storages.map((name) => `packages/${name}`) });
await runAndExit(node, [join(root, "examples/shop/src/main.ts"), ...process.argv.slice(2)], {
  // npm changes to the checkout; a path in the arguments means the folder one typed it in.
  cwd: process.env.INIT_CWD ?? process.cwd(),
  env,
});
