import { testServer } from "@revojs/conformance/servers";

const found = await testServer("postgres");

/** Where the tests find a real server. Where there is none, they are skipped (`describeWithServer`) and nobody connects. */
export function testServerUrl(): string {
  return found.kind === "found" ? found.server.url : "postgres://no-server.invalid";
}
