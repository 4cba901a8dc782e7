import { Job } from "@revojs/core";

/** Takes one article out of the warehouse. Answers the session it was taken in. */
export class TakeArticle extends Job<string> {
  static readonly type = "take-article";
  readonly article: string;

  constructor(article: string) {
    super();
    this.article = article;
  }
}

/** Made once, for the whole program. */
export class Journal {
  readonly lines: string[] = [];
  #sessions = 0;

  openSession(): string {
    this.#sessions += 1;
    return `session ${this.#sessions}`;
  }
}

/** Made once per attempt, as a connection or a unit of work is, and closed after it. */
export class Session {
  readonly name: string;
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
    this.name = journal.openSession();
  }

  write(line: string): void {
    this.#journal.lines.push(`${this.name}: ${line}`);
  }

  dispose(): void {
    this.write("closed");
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Works in the attempt's session. */
export class Stock {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  take(article: string): void {
    this.#session.write(`${article} taken`);
  }
}
