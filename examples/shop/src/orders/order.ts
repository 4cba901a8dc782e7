/** An order that has passed every check. All money is in whole cents. */
export interface Order {
  /** Capital letters, digits and hyphens: it names files. */
  readonly id: string;
  readonly placedAt: string;
  readonly customer: { readonly name: string; readonly email: string };
  readonly items: readonly OrderItem[];
  readonly totalCents: number;
  /** Stands for the customer's card at the payment gateway. */
  readonly paymentToken: string;
}

export interface OrderItem {
  readonly sku: string;
  readonly name: string;
  readonly quantity: number;
  readonly unitCents: number;
}

/** 123456 is "1,234.56". */
export function formatCents(cents: number): string {
  const [whole = "0", fraction = "00"] = (cents / 100).toFixed(2).split(".");
  return `${whole.replace(/\B(?=(\d{3})+$)/g, ",")}.${fraction}`;
}
