// A process of its own: finds a server, tells its parent, and waits to be ended.
import { findServer } from "../../src/servers/find-server.ts";
import { postgresRecipe } from "../../src/servers/postgres.ts";

const found = await findServer(postgresRecipe, false, process.env);
process.send?.(found);
setInterval(() => {}, 60_000);
