import { type OwnServer, type OwnServerOptions, ownServer } from "@revojs/conformance/servers";
import { afterAll, describe, it } from "vitest";

/** Declares tests that change or end a server, with one of their own on this machine; without one, they are skipped by name. */
export function describeWithOwnServer(
  title: string,
  options: Omit<OwnServerOptions, "local">,
  declare: (server: OwnServer) => void | Promise<void>,
): void {
  describe(title, async () => {
    const found = await ownServer("redis", { ...options, local: true });
    if (found.kind === "missing") {
      it("has a server of its own", ({ skip }) => skip(found.reason));
      return;
    }
    afterAll(() => found.server.stop());
    await declare(found.server);
  });
}
