import { randomBytes } from "node:crypto";

/** The only source of chance in this project. */
export interface IRandom {
  /** In [0, 1). For jitter and sampling, not for secrets. */
  fraction(): number;
  /** A fencing token: a random integer in 1..2^63-1, in decimal. */
  token(): string;
}

/** Chance as the machine gives it: `Math.random` for jitter, the cryptographic generator for tokens. */
export class SystemRandom implements IRandom {
  fraction(): number {
    return Math.random();
  }

  token(): string {
    const value = randomBytes(8).readBigUInt64BE() >> 1n;
    return (value === 0n ? 1n : value).toString();
  }
}
