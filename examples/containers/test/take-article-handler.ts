import type { IJobHandler, JobContext } from "@revojs/core";
import type { Session, Stock, TakeArticle } from "../warehouse.ts";

/** A handler that says what it needs in its constructor, and knows no container. */
export class TakeArticleHandler implements IJobHandler<TakeArticle> {
  readonly #session: Session;
  readonly #stock: Stock;

  constructor(session: Session, stock: Stock) {
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
