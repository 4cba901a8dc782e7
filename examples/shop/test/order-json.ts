/** A good order as JSON, with some of its fields, or of its one item's, replaced. */
export function orderJson(
  fields: Readonly<Record<string, unknown>> = {},
  item: Readonly<Record<string, unknown>> = {},
): string {
  return JSON.stringify({
    id: "A-1",
    placedAt: "2026-11-20T09:00:00Z",
    customer: { name: "Ada Novak", email: "ada@example.com" },
    items: [{ sku: "mug", name: "Mug", quantity: 2, unitCents: 500, ...item }],
    totalCents: 1000,
    paymentToken: "tok_visa",
    ...fields,
  });
}
