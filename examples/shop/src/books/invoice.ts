import { formatCents, type Order } from "../orders/order.ts";

/** An invoice as plain text. The same order always gives the same text. */
export function renderInvoice(order: Order): string {
  const lines = order.items.map(({ name, quantity, unitCents }) => {
    const amount = formatCents(quantity * unitCents).padStart(12);
    return `${String(quantity).padStart(5)} × ${name.padEnd(40)}${amount}`;
  });
  return [
    `Invoice ${order.id}`,
    `${order.customer.name} <${order.customer.email}>`,
    `Ordered ${order.placedAt}`,
    "",
    ...lines,
    "",
    `Total EUR ${formatCents(order.totalCents)}`,
    "",
  ].join("\n");
}

/** The total of an invoice in cents; `NaN` when the text is no whole invoice. */
export function readInvoiceTotal(text: string): number {
  const total = /^Total EUR ([\d,]+)\.(\d\d)$/m.exec(text);
  return total === null ? Number.NaN : Number(`${total[1]?.replaceAll(",", "")}${total[2]}`);
}
