// vitest's globalSetup: one server of each store for all files of a run, started when the first asks.
export { shareTestServers as setup } from "@revojs/conformance/servers";
