// Finding a server
export { ownServer, shareTestServers, testServer } from "./servers/share-servers.ts";
export type {
  FoundServer,
  OwnServer,
  OwnServerOptions,
  ServerSource,
  StoreName,
  TestServer,
  TestServerOptions,
} from "./servers/test-server.ts";
