import { describe, expect, it } from "vitest";
import { RevoError } from "../../src/errors.ts";
import { compose } from "../../src/handlers/compose.ts";
import type { ExecutionContext, Middleware } from "../../src/handlers/middleware.ts";
import { aContext } from "./contexts.ts";

const currentType = (context: ExecutionContext): string => context.type;

/** Notes when it is entered and left. */
function noting(name: string, notes: string[]): Middleware {
  return async (_context, next) => {
    notes.push(`${name} before`);
    const result = await next();
    notes.push(`${name} after`);
    return result;
  };
}

describe("compose", () => {
  it("gives the endpoint itself when there is no middleware", () => {
    expect(compose([], currentType)).toBe(currentType);
  });

  it("puts the first middleware outermost", async () => {
    const notes: string[] = [];
    const pipeline = compose([noting("outer", notes), noting("inner", notes)], () => {
      notes.push("handler");
      return 42;
    });

    const result = await pipeline(aContext());

    expect(result).toBe(42);
    expect(notes).toEqual([
      "outer before",
      "inner before",
      "handler",
      "inner after",
      "outer after",
    ]);
  });

  it("hands every part the same context", async () => {
    const context = aContext();
    const seen: ExecutionContext[] = [];
    const watch: Middleware = async (given, next) => {
      seen.push(given);
      return await next();
    };

    await compose([watch, watch], (given) => seen.push(given))(context);

    expect(seen.every((given) => given === context)).toBe(true);
    expect(seen).toHaveLength(3);
  });

  it("lets a middleware answer in place of what is inside", async () => {
    let called = false;
    const pipeline = compose([async () => "from the middleware"], () => (called = true));

    expect(await pipeline(aContext())).toBe("from the middleware");
    expect(called).toBe(false);
  });

  it("makes a handler that throws synchronously a rejection for the middleware around it", async () => {
    const error = new Error("at once");
    const seen: unknown[] = [];
    const pipeline = compose(
      [
        async (_context, next) =>
          await next().catch((thrown: unknown) => {
            seen.push(thrown);
            throw thrown;
          }),
      ],
      () => {
        throw error;
      },
    );

    await expect(pipeline(aContext())).rejects.toBe(error);
    expect(seen).toEqual([error]);
  });

  it("refuses a second call of `next`, and runs what is inside once", async () => {
    let runs = 0;
    const pipeline = compose(
      [
        async (_context, next) => {
          await next();
          return await next();
        },
      ],
      () => (runs += 1),
    );

    await expect(pipeline(aContext())).rejects.toThrow(RevoError);
    expect(runs).toBe(1);
  });

  it("keeps runs of one pipeline apart", async () => {
    const pipeline = compose([async (_context, next) => await next()], currentType);

    const results = await Promise.all([
      pipeline(aContext({ type: "a" })),
      pipeline(aContext({ type: "b" })),
    ]);

    expect(results).toEqual(["a", "b"]);
  });
});
