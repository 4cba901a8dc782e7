// oxlint-disable-next-line import/no-unassigned-import -- the container asks for it, before itself
import "reflect-metadata";
import { container as root, inject, injectable, Lifecycle } from "tsyringe";
import { expect, it } from "vitest";
import { tsyringeActivator } from "../tsyringe-activator.ts";
import { Journal, Session, Stock } from "../warehouse.ts";
import { TakeArticleHandler } from "./take-article-handler.ts";
import { expectedJournal, runTwoAttempts } from "./two-attempts.ts";

// What `@injectable()` and `@inject(…)` do, without the syntax that type stripping can't take away.
inject(Journal)(Session, undefined, 0);
injectable()(Session);

it("gives each attempt a scope of its own from tsyringe, disposed after it", async () => {
  const container = root
    .createChildContainer()
    .registerSingleton(Journal)
    .register(Session, { useClass: Session }, { lifecycle: Lifecycle.ContainerScoped })
    .register(Stock, { useFactory: (scope) => new Stock(scope.resolve(Session)) })
    .register(TakeArticleHandler, {
      useFactory: (scope) => new TakeArticleHandler(scope.resolve(Session), scope.resolve(Stock)),
    });

  const result = await runTwoAttempts(tsyringeActivator(container), TakeArticleHandler);

  expect(result).toBe("session 2");
  expect(container.resolve(Journal).lines).toEqual(expectedJournal);
});

it("finds at start that tsyringe does not know the handler", async () => {
  const container = root.createChildContainer();

  const run = runTwoAttempts(tsyringeActivator(container), TakeArticleHandler);

  await expect(run).rejects.toMatchObject({ code: "REVO_HANDLER_NEEDS_CONTAINER" });
});
