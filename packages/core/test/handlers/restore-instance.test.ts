import { describe, expect, it } from "vitest";
import { restoreInstance } from "../../src/handlers/restore-instance.ts";

class Invoice {
  readonly invoiceId: string;
  #secret = "set by the constructor";

  constructor(invoiceId: string) {
    this.invoiceId = invoiceId;
    throw new Error("the constructor must not run");
  }

  get label(): string {
    return `invoice ${this.invoiceId}`;
  }

  get secret(): string {
    return this.#secret;
  }

  set secret(value: string) {
    throw new Error(`a setter must not run: ${value}`);
  }
}

describe("an instance restored from stored content", () => {
  it("has its prototype and fields, without its constructor having run", () => {
    const invoice = restoreInstance(Invoice.prototype, { invoiceId: "42" });

    expect(invoice).toBeInstanceOf(Invoice);
    expect(invoice.label).toBe("invoice 42");
    expect(() => invoice.secret).toThrow(TypeError);
  });

  it("keeps a stored field that the class has meanwhile made an accessor", () => {
    const invoice = restoreInstance(Invoice.prototype, { label: "old label", secret: "old" });

    expect(invoice.label).toBe("old label");
    expect(invoice.secret).toBe("old");
    expect(Object.keys(invoice)).toEqual(["label", "secret"]);
  });

  it.each([null, undefined, 42, "text"])("has no fields when the content is %j", (content) => {
    const invoice = restoreInstance(Invoice.prototype, content);

    expect(invoice).toBeInstanceOf(Invoice);
    expect(Object.keys(invoice)).toEqual([]);
  });
});
