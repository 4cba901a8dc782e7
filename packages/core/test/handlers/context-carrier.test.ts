import { AsyncLocalStorage } from "node:async_hooks";
import { describe, expect, it } from "vitest";
import {
  captureHeaders,
  scopeCarrier,
  type IContextCarrier,
} from "../../src/handlers/context-carrier.ts";
import { currentScope, outsideScopes, runInScope } from "../../src/handlers/execution-scope.ts";
import { contextCarrier } from "../../src/handlers/middleware/context-carrier.ts";
import { aContext } from "./contexts.ts";

const everything = {
  tenant: "acme",
  user: "ada",
  trace: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  culture: "de-AT",
};

const carrying = (headers: Record<string, string> | null): IContextCarrier => ({
  capture: () => headers,
  run: (_headers, work) => work(),
});

describe("scopeCarrier", () => {
  it("carries tenant, user, trace and culture in headers, and restores the same", () => {
    const headers = runInScope(everything, () => scopeCarrier.capture());

    const restored = scopeCarrier.run(headers ?? {}, () => currentScope());

    expect(headers).toEqual({
      "revo.tenant": "acme",
      "revo.user": "ada",
      "revo.trace": everything.trace,
      "revo.culture": "de-AT",
    });
    expect(restored).toEqual(everything);
  });

  it("has nothing to carry outside any scope", () => {
    expect(scopeCarrier.capture()).toBeNull();
  });

  it("does not let the scope around show through where the headers have less", () => {
    const seen = runInScope(everything, () =>
      scopeCarrier.run({ "revo.user": "bob" }, () => currentScope()),
    );

    expect(seen).toEqual({ user: "bob" });
  });

  it("keeps the scope across awaits", async () => {
    const seen = await runInScope({ tenant: "acme" }, async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return currentScope();
    });

    expect(seen).toEqual({ tenant: "acme" });
    expect(currentScope()).toEqual({});
  });
});

describe("captureHeaders", () => {
  it("takes together what all carriers carry, later ones stronger", () => {
    const headers = captureHeaders([
      carrying({ a: "1", b: "1" }),
      carrying(null),
      carrying({ b: "2", c: "2" }),
    ]);

    expect(headers).toEqual({ a: "1", b: "2", c: "2" });
  });

  it("is nothing where nobody carries anything", () => {
    expect(captureHeaders([carrying(null), carrying(null)])).toBeNull();
    expect(captureHeaders([])).toBeNull();
  });
});

describe("contextCarrier", () => {
  it("restores each carrier's context around the work, the first one outermost", async () => {
    const notes: string[] = [];
    const noting = (name: string): IContextCarrier => ({
      capture: () => null,
      run: (headers, work) => {
        notes.push(`${name} ${headers["k"]}`);
        return work();
      },
    });

    await contextCarrier([noting("outer"), noting("inner")])(
      aContext({ headers: { k: "v" } }),
      async () => notes.push("work"),
    );

    expect(notes).toEqual(["outer v", "inner v", "work"]);
  });
});

describe("outsideScopes", () => {
  it("leaves every scope, its maker's and its caller's", () => {
    const outside = runInScope({ tenant: "maker" }, () => outsideScopes());

    const seen = runInScope({ tenant: "caller" }, () => outside(() => currentScope()));

    expect(seen).toEqual({});
  });

  it("leaves also what others keep in the asynchronous context of the caller", () => {
    const foreign = new AsyncLocalStorage<string>();
    const outside = outsideScopes();

    const seen = foreign.run("caller", () => outside(() => foreign.getStore()));

    expect(seen).toBeUndefined();
  });
});
