import { Container, defineProviders } from "@needle-di/core";
import { expect, it } from "vitest";
import { Cleanup, needleActivator } from "../needle-di-activator.ts";
import { Journal, Session, Stock } from "../warehouse.ts";
import { TakeArticleHandler } from "./take-article-handler.ts";
import { expectedJournal, runTwoAttempts } from "./two-attempts.ts";

it("gives each attempt a scope of its own from needle-di, disposed after it", async () => {
  const container = new Container().bind(Journal);
  const scoped = defineProviders(
    {
      provide: Session,
      useFactory: (scope) => scope.get(Cleanup).use(new Session(scope.get(Journal))),
    },
    { provide: Stock, useFactory: (scope) => new Stock(scope.get(Session)) },
    {
      provide: TakeArticleHandler,
      useFactory: (scope) => new TakeArticleHandler(scope.get(Session), scope.get(Stock)),
    },
  );

  const result = await runTwoAttempts(needleActivator(container, scoped), TakeArticleHandler);

  expect(result).toBe("session 2");
  expect(container.get(Journal).lines).toEqual(expectedJournal);
});
