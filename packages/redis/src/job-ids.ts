import { RevoArgumentError } from "@revojs/core";

/** 64 characters in the order of their codes, so that the short form sorts like the UUID itself. */
const ALPHABET = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
const UUID_LENGTH = 36;

/** For each twelve bits the two characters of the short form, and the three digits of the UUID, some with a hyphen within. */
const pairs = eachTwelveBits((bits) => ALPHABET.charAt(bits >> 6) + ALPHABET.charAt(bits & 63));
const digits = eachTwelveBits(hex);
const digitsHyphenAfterOne = eachTwelveBits((bits) => hex(bits).replace(/^./, "$&-"));
const digitsHyphenAfterTwo = eachTwelveBits((bits) => hex(bits).replace(/^../, "$&-"));

/** Where the digits of a UUID are, three at a time, after the first two. */
const TRIPLES = new Uint8Array([
  ...[2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15, 16, 17, 19],
  ...[20, 21, 22, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35],
]);

/** Marks a character that is no digit. */
const NONE = 1 << 15;
const nibbles = tableOf("0123456789abcdef");
const sixBits = tableOf(ALPHABET);

/**
 * A UUID in 22 characters of six bits: a third of the bytes less, in each of the four places where an id is stored.
 * @throws RevoArgumentError `REVO_ID_INVALID`.
 */
export function toShortId(id: string): string {
  const first = (nibbleAt(id, 0) << 4) | nibbleAt(id, 1);
  let short = pairs[first] ?? "";
  let all = first;
  for (let at = 0; at < TRIPLES.length; at += 3) {
    const bits =
      (nibbleAt(id, TRIPLES[at] ?? 0) << 8) |
      (nibbleAt(id, TRIPLES[at + 1] ?? 0) << 4) |
      nibbleAt(id, TRIPLES[at + 2] ?? 0);
    all |= bits;
    short += pairs[bits];
  }
  if (all >= NONE || id.length !== UUID_LENGTH || !hasHyphens(id)) throw invalid(id);
  return short;
}

/** The UUID of a short form made by {@link toShortId}. */
export function toUuid(short: string): string {
  return (
    digitsAt(digits, short, 0).slice(1) +
    digitsAt(digits, short, 2) +
    digitsAt(digits, short, 4) +
    "-" +
    digitsAt(digits, short, 6) +
    digitsAt(digitsHyphenAfterOne, short, 8) +
    digitsAt(digitsHyphenAfterTwo, short, 10) +
    digitsAt(digits, short, 12) +
    "-" +
    digitsAt(digits, short, 14) +
    digitsAt(digits, short, 16) +
    digitsAt(digits, short, 18) +
    digitsAt(digits, short, 20)
  );
}

/** Short forms in one text: one argument for a script instead of hundreds. */
export function joinShortIds(ids: readonly string[]): string {
  let text = "";
  for (const id of ids) text += toShortId(id);
  return text;
}

function nibbleAt(id: string, at: number): number {
  return nibbles[id.charCodeAt(at)] ?? NONE;
}

function digitsAt(table: readonly string[], short: string, at: number): string {
  const high = sixBits[short.charCodeAt(at)] ?? 0;
  const low = sixBits[short.charCodeAt(at + 1)] ?? 0;
  return table[(high << 6) | low] ?? "";
}

function hasHyphens(id: string): boolean {
  return id[8] === "-" && id[13] === "-" && id[18] === "-" && id[23] === "-";
}

function hex(bits: number): string {
  return bits.toString(16).padStart(3, "0");
}

function eachTwelveBits(make: (bits: number) => string): readonly string[] {
  return Array.from({ length: 1 << 12 }, (_, bits) => make(bits));
}

/** The value of each character, by its code. */
function tableOf(characters: string): Uint16Array {
  const table = new Uint16Array(128).fill(NONE);
  for (let value = 0; value < characters.length; value++) {
    table[characters.charCodeAt(value)] = value;
  }
  return table;
}

function invalid(id: unknown): RevoArgumentError {
  const shown = JSON.stringify(String(id).slice(0, 80));
  const message = `Expected \`id\` to be a UUID in lower case, got ${shown}`;
  return new RevoArgumentError("REVO_ID_INVALID", message, "id");
}
