import {
  type OwnServer,
  type OwnServerOptions,
  ownServer,
  type StoreName,
} from "@revojs/conformance/servers";
import { afterAll, describe, it } from "vitest";

/** Declares tests that change or end a server, with one of their own on this machine; without one, they are skipped by name. */
export function describeWithOwnServer(
  store: StoreName,
  title: string,
  declare: (server: OwnServer) => void,
  options: Omit<OwnServerOptions, "local"> = {},
): void {
  describe(title, async () => {
    const found = await ownServer(store, { ...options, local: true });
    if (found.kind === "missing") {
      it("has a server of its own", ({ skip }) => skip(found.reason));
      return;
    }
    afterAll(() => found.server.stop());
    declare(found.server);
  });
}
