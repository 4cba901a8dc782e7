import type { IJobHandler, JobContext } from "@revojs/core";
import { asClass, asFunction, createContainer } from "awilix";
import { expect, it } from "vitest";
import { awilixActivator } from "../awilix-activator.ts";
import { Journal, Session, Stock, type TakeArticle } from "../warehouse.ts";
import { expectedJournal, runTwoAttempts } from "./two-attempts.ts";

interface Dependencies {
  readonly journal: Journal;
  readonly session: Session;
  readonly stock: Stock;
}

class TakeArticleHandler implements IJobHandler<TakeArticle> {
  readonly #session: Session;
  readonly #stock: Stock;

  constructor({ session, stock }: Dependencies) {
    this.#session = session;
    this.#stock = stock;
  }

  async handle({ article }: TakeArticle, { attempt }: JobContext): Promise<string> {
    this.#session.write(`attempt ${attempt}`);
    this.#stock.take(article);
    if (attempt === 1) throw new Error("Out of reach");
    return this.#session.name;
  }
}

it("gives each attempt a scope of its own from awilix, disposed after it", async () => {
  const container = createContainer<Dependencies>().register({
    journal: asClass(Journal).singleton(),
    session: asFunction(({ journal }: Dependencies) => new Session(journal))
      .scoped()
      .disposer((session) => session.dispose()),
    stock: asFunction(({ session }: Dependencies) => new Stock(session)).scoped(),
  });

  const result = await runTwoAttempts(awilixActivator(container), TakeArticleHandler);

  expect(result).toBe("session 2");
  expect(container.cradle.journal.lines).toEqual(expectedJournal);
});
