// Finding a server
export { ownServer, shareTestServers, testServer } from "./servers/share-servers.ts";
export type {
  FoundServer,
  OwnServer,
  ServerSource,
  StoreName,
  TestServer,
  TestServerOptions,
} from "./servers/test-server.ts";
