import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeEnvelope, encodeEnvelope } from "../../src/job/envelope.ts";
import { decodePayload, decodeResult, encodePayload, encodeResult } from "../../src/job/payload.ts";
import { refusalOf } from "./thrown-by.ts";

const maxBytes = 1024 * 1024;

function roundTrip(value: unknown): unknown {
  const { text, meta } = encodePayload(value, { maxBytes });
  const envelope = encodeEnvelope({
    version: 1,
    headers: {},
    ...(meta === undefined ? {} : { meta }),
  });
  return decodePayload(text, decodeEnvelope(envelope).meta);
}

/** Any UTF-16 text, lone surrogates and controls included. */
const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units)),
);
const anyNumber = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .map((number) => (number === 0 ? 0 : number));
const anyKey = anyText.filter((key) => !["__proto__", "constructor", "prototype"].includes(key));

const { anyValue } = fc.letrec<{ leaf: unknown; container: unknown; anyValue: unknown }>((tie) => ({
  leaf: fc.oneof(
    anyText,
    anyNumber,
    fc.boolean(),
    fc.constant(null),
    fc.bigInt(),
    fc.date({ noInvalidDate: true }),
    fc.webUrl().map((url) => new URL(url)),
  ),
  container: fc.oneof(
    fc.array(tie("anyValue"), { maxLength: 4 }),
    fc.array(fc.tuple(anyKey, tie("anyValue")), { maxLength: 4 }).map(Object.fromEntries),
    fc
      .array(fc.tuple(tie("anyValue"), tie("anyValue")), { maxLength: 3 })
      .map((entries) => new Map(entries)),
    fc.array(tie("anyValue"), { maxLength: 3 }).map((items) => new Set(items)),
  ),
  anyValue: fc.oneof(
    { maxDepth: 4 },
    { weight: 1, arbitrary: tie("leaf") },
    { weight: 2, arbitrary: tie("container") },
  ),
}));

/** An own key "__proto__" is refused on purpose: that is row 74, not a round trip. */
function isAllowed(value: unknown): boolean {
  return !JSON.stringify(value).includes('"__proto__"');
}

describe("a payload", () => {
  it("comes back equal when JSON can hold it, without notes", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }).filter(isAllowed), (value) => {
        const { text, meta } = encodePayload(value, { maxBytes });

        expect(meta).toBeUndefined();
        expect(text).toBe(JSON.stringify(value));
        expect(decodePayload(text, undefined)).toEqual(JSON.parse(text));
      }),
    );
  });

  it("comes back equal with Dates, BigInts, Maps, Sets and URLs anywhere in it", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(roundTrip(value)).toStrictEqual(value);
      }),
      { numRuns: 300 },
    );
  });

  it("is accepted at exactly its size and refused one byte below", () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 4, stringUnit: "binary" }).filter(isAllowed),
        (value) => {
          const bytes = Buffer.byteLength(JSON.stringify(value));

          expect(encodePayload(value, { maxBytes: bytes }).text).toBe(JSON.stringify(value));
          expect(refusalOf(() => encodePayload(value, { maxBytes: bytes - 1 }))).toMatch(
            /^REVO_PAYLOAD_TOO_LARGE/,
          );
        },
      ),
    );
  });

  it("is encoded or refused with one of the payload's codes, whatever it is", () => {
    fc.assert(
      fc.property(
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withTypedArray: true,
          withSparseArray: true,
          withNullPrototype: true,
          withBoxedValues: true,
        }),
        (value) => {
          const code = ((): string => {
            try {
              roundTrip(value);
              return "REVO_PAYLOAD_OK";
            } catch (error) {
              return (error as { readonly code: string }).code;
            }
          })();

          expect(code).toMatch(/^REVO_PAYLOAD_/);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("is not touched by its encoding", () => {
    const value = Object.freeze({ at: new Date(0), inner: Object.freeze({ list: [1n] }) });

    const restored = roundTrip(value);

    expect(value).toStrictEqual({ at: new Date(0), inner: { list: [1n] } });
    expect(restored).not.toBe(value);
  });

  it("shows a cut path when a path is long", () => {
    const name = "name".repeat(20);
    let value: unknown = Number.NaN;
    for (let level = 0; level < 20; level++) {
      value = { [name]: value };
    }

    const refusal = refusalOf(() => encodePayload(value, { maxBytes }));

    expect(refusal).toContain("…");
    expect(refusal.length).toBeLessThan(260);
  });
});

describe("a result", () => {
  it("comes back equal from its one text", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const text = encodeResult(value, { maxBytes });

        expect(decodeResult(text)).toStrictEqual(value);
      }),
      { numRuns: 200 },
    );
  });

  it("is plain JSON when JSON can hold it", () => {
    expect(encodeResult({ total: 5 }, { maxBytes })).toBe('{"total":5}');
    expect(encodeResult(null, { maxBytes })).toBe("null");
  });

  it("is absent when a handler returns nothing", () => {
    expect(encodeResult(undefined, { maxBytes })).toBeUndefined();
    expect(decodeResult(undefined)).toBeUndefined();
  });

  it("that looks like the form with notes comes back as what it was", () => {
    const lookalikes = [
      { json: 1 },
      { json: "2027-01-01T00:00:00Z", meta: { values: ["Date"], v: 1 } },
      { json: { json: 1 }, meta: null },
    ];

    for (const value of lookalikes) {
      expect(decodeResult(encodeResult(value, { maxBytes }))).toEqual(value);
    }
  });

  it("is counted with its frame and its notes", () => {
    const text = encodeResult(new Date(0), { maxBytes }) ?? "";

    expect(encodeResult(new Date(0), { maxBytes: text.length })).toBe(text);
    expect(refusalOf(() => encodeResult(new Date(0), { maxBytes: text.length - 1 }))).toBe(
      "REVO_RESULT_TOO_LARGE",
    );
  });
});
