// oxlint-disable-next-line import/no-unassigned-import -- the container asks for it, before itself
import "reflect-metadata";
import { Container, ContainerModule } from "inversify";
import { expect, it } from "vitest";
import { inversifyActivator } from "../inversify-activator.ts";
import { Journal, Session, Stock } from "../warehouse.ts";
import { TakeArticleHandler } from "./take-article-handler.ts";
import { expectedJournal, runTwoAttempts } from "./two-attempts.ts";

it("gives each attempt a scope of its own from inversify, deactivated after it", async () => {
  const container = new Container();
  container.bind(Journal).toConstantValue(new Journal());
  const scoped = new ContainerModule(({ bind }) => {
    bind(Session)
      .toResolvedValue((journal: Journal) => new Session(journal), [Journal])
      .inSingletonScope()
      .onDeactivation((session) => session.dispose());
    bind(Stock).toResolvedValue((session: Session) => new Stock(session), [Session]);
    bind(TakeArticleHandler).toResolvedValue(
      (session: Session, stock: Stock) => new TakeArticleHandler(session, stock),
      [Session, Stock],
    );
  });

  const result = await runTwoAttempts(inversifyActivator(container, scoped), TakeArticleHandler);

  expect(result).toBe("session 2");
  expect(container.get(Journal).lines).toEqual(expectedJournal);
});
