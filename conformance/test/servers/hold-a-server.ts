// A process of its own: finds a server, tells its parent, and waits to be ended.
import { ownServer } from "../../src/servers/share-servers.ts";
import type { StoreName } from "../../src/servers/test-server.ts";

process.send?.(await ownServer(process.argv[2] as StoreName));
setInterval(() => {}, 60_000);
