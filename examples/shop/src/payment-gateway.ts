import { setTimeout } from "node:timers/promises";

/** A payment that the gateway has taken. */
export interface Payment {
  readonly orderId: string;
  readonly amountCents: number;
}

/** The gateway's final no. */
export class PaymentRefused extends Error {
  override readonly name = "PaymentRefused";
}

/** The gateway can't say now. */
class GatewayBusy extends Error {
  override readonly name = "GatewayBusy";
}

/** What the gateway says to some tokens; to all others it says yes. As with a real one's test cards, the order decides. */
const refusals: Readonly<Record<string, string>> = {
  tok_insufficient_funds: "insufficient funds",
  tok_stolen_card: "card reported stolen",
};
const busyCalls: Readonly<Record<string, number>> = { tok_busy: 2, tok_unreachable: Infinity };
const silentCalls: Readonly<Record<string, number>> = { tok_slow: 1 };

/**
 * Stands in for a payment provider: takes 80 to 240 ms for an answer, and takes the money for an order once, however often it
 * is asked.
 */
export class PaymentGateway {
  readonly #payments = new Map<string, Payment>();
  readonly #calls = new Map<string, number>();

  get payments(): readonly Payment[] {
    return [...this.#payments.values()];
  }

  /** @throws {@link PaymentRefused}; other errors when it can't say now. */
  async capture(
    request: Payment & { readonly paymentToken: string },
    signal: AbortSignal,
  ): Promise<void> {
    const { orderId, amountCents, paymentToken } = request;
    const call = (this.#calls.get(orderId) ?? 0) + 1;
    this.#calls.set(orderId, call);
    const isSilent = call <= (silentCalls[paymentToken] ?? 0);
    await setTimeout(isSilent ? 60_000 : latencyMs(orderId), undefined, { signal });
    const refusal = refusals[paymentToken];
    if (refusal !== undefined) throw new PaymentRefused(refusal);
    if (call <= (busyCalls[paymentToken] ?? 0)) throw new GatewayBusy("gateway is busy");
    this.#payments.set(orderId, { orderId, amountCents });
  }
}

function latencyMs(orderId: string): number {
  let sum = 0;
  for (const character of orderId) sum = (sum * 31 + character.charCodeAt(0)) % 161;
  return 80 + sum;
}
