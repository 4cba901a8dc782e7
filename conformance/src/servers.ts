// Finding a server
export { shareTestServers, testServer } from "./servers/share-servers.ts";
export type {
  FoundServer,
  ServerSource,
  StoreName,
  TestServer,
  TestServerOptions,
} from "./servers/test-server.ts";
