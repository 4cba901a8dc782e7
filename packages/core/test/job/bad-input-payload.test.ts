import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { decodeEnvelope, encodeEnvelope } from "../../src/job/envelope.ts";
import { decodePayload, decodeResult, encodePayload, encodeResult } from "../../src/job/payload.ts";
import { refusalOf, thrownBy } from "./thrown-by.ts";

const maxBytes = 1024 * 1024;

function encode(value: unknown): { readonly text: string; readonly meta?: unknown } {
  return encodePayload(value, { maxBytes });
}

/** What a handler gets for `value`: through the payload's text and the envelope's, as a storage keeps them. */
function roundTrip(value: unknown): unknown {
  const { text, meta } = encode(value);
  const envelope = encodeEnvelope({
    version: 1,
    headers: {},
    ...(meta === undefined ? {} : { meta }),
  });
  return decodePayload(text, decodeEnvelope(envelope).meta);
}

function refusal(value: unknown): string {
  return refusalOf(() => encode(value));
}

const notSerializable = "REVO_PAYLOAD_NOT_SERIALIZABLE";

function nested(depth: number): unknown {
  let value: unknown = [];
  for (let level = 1; level < depth; level++) {
    value = [value];
  }
  return value;
}

describe("row 61: a cycle", () => {
  it("is refused with the path that leads back", () => {
    const order: { lines: unknown[] } = { lines: [] };
    order.lines.push({ order });

    expect(refusal(order)).toBe(`${notSerializable} payload.lines[0].order`);
  });

  it("is refused in a Map and in a Set", () => {
    const map = new Map<string, unknown>();
    map.set("self", map);
    const set = new Set<unknown>();
    set.add(set);

    expect(refusal({ map })).toBe(`${notSerializable} payload.map[0][1]`);
    expect(refusal({ set })).toBe(`${notSerializable} payload.set[0]`);
  });

  it("is not seen in an object that stands twice side by side", () => {
    const address = { city: "Praha" };

    const restored = roundTrip({ billing: address, shipping: address });

    expect(restored).toEqual({ billing: address, shipping: address });
  });
});

describe("row 62: a BigInt", () => {
  it("comes back as a BigInt", () => {
    expect(roundTrip({ big: 2n ** 80n, list: [-1n, 0n] })).toStrictEqual({
      big: 2n ** 80n,
      list: [-1n, 0n],
    });
  });
});

describe("row 63: undefined as the payload", () => {
  it("is stored as null", () => {
    expect(encode(undefined)).toEqual({ text: "null" });
  });
});

describe("row 64: a property that is undefined", () => {
  it("is dropped, beside plain values and beside a Date", () => {
    const at = new Date(0);

    expect(encode({ a: undefined, b: 1 }).text).toBe('{"b":1}');
    expect(roundTrip({ a: undefined, at })).toStrictEqual({ at });
  });
});

describe("row 65: undefined in an array", () => {
  it("is refused, as a hole is", () => {
    const sparse: number[] = [1];
    sparse[2] = 3;

    expect(refusal([undefined])).toBe(`${notSerializable} payload[0]`);
    expect(refusal({ sparse })).toBe(`${notSerializable} payload.sparse[1]`);
  });

  it("is refused in a Map and in a Set", () => {
    expect(refusal(new Map([["a", undefined]]))).toBe(`${notSerializable} payload[0][1]`);
    expect(refusal(new Set([undefined]))).toBe(`${notSerializable} payload[0]`);
  });
});

describe("row 66: a Date", () => {
  it("comes back as a Date", () => {
    const at = new Date("2027-01-01T08:00:00.123Z");

    expect(roundTrip({ at })).toStrictEqual({ at });
  });

  it("is refused when it is invalid", () => {
    expect(refusal({ at: new Date(Number.NaN) })).toBe(`${notSerializable} payload.at`);
  });
});

describe("row 67: a Map and a Set", () => {
  it("come back as themselves, in their order", () => {
    const value = {
      map: new Map<unknown, unknown>([
        ["z", 1],
        [{ id: 1 }, [new Date(1)]],
      ]),
      set: new Set<unknown>([3, 1, new Date(2)]),
    };

    const restored = roundTrip(value) as typeof value;

    expect([...restored.map]).toStrictEqual([...value.map]);
    expect([...restored.set]).toStrictEqual([...value.set]);
  });

  it("are refused in their weak forms", () => {
    expect(refusal({ weak: new WeakMap() })).toBe(`${notSerializable} payload.weak`);
    expect(refusal({ weak: new WeakSet() })).toBe(`${notSerializable} payload.weak`);
  });
});

describe("row 68: binary data and streams", () => {
  it.each([
    ["a Buffer", Buffer.from("a")],
    ["a typed array", new Uint8Array(1)],
    ["a Float64Array", new Float64Array(1)],
    ["an ArrayBuffer", new ArrayBuffer(1)],
    ["a DataView", new DataView(new ArrayBuffer(1))],
    ["a Blob", new Blob(["a"])],
    ["a stream", new Readable()],
    ["a web stream", new ReadableStream()],
  ])("refuses %s, inside a payload and as the payload", (_, value) => {
    expect(refusal({ value })).toBe(`${notSerializable} payload.value`);
    expect(refusal(value)).toMatch(/^REVO_PAYLOAD_NOT_SERIALIZABLE payload/);
  });
});

describe("row 69: a function, a symbol", () => {
  it("is refused as a value and as a key", () => {
    expect(refusal(() => 1)).toBe(`${notSerializable} payload`);
    expect(refusal({ run: () => 1 })).toBe(`${notSerializable} payload.run`);
    expect(refusal({ mark: Symbol("mark") })).toBe(`${notSerializable} payload.mark`);
    expect(refusal({ inner: { [Symbol("key")]: 1 } })).toBe(`${notSerializable} payload.inner`);
  });
});

describe("row 70: numbers that JSON has no form for", () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])("refuses %s", (x) => {
    expect(refusal({ x: [x] })).toBe(`${notSerializable} payload.x[0]`);
  });
});

describe("row 71: instances of classes", () => {
  class Money {
    readonly amount = 5;
  }

  it.each([
    ["a class of the user's", new Money()],
    ["a RegExp", /a/],
    ["an Error", new Error("a")],
    ["a Promise", Promise.resolve()],
    ["a subclass of Array", new (class Lines extends Array<number> {})()],
    ["a subclass of Map", new (class Registry extends Map<string, number> {})()],
    ["a boxed string", Object("a") as unknown],
  ])("refuses %s inside a payload", (_, value) => {
    expect(refusal({ list: [value] })).toBe(`${notSerializable} payload.list[0]`);
  });

  it.each([
    ["a RegExp", /a/],
    ["an Error", new Error("a")],
    ["a Promise", Promise.resolve()],
    ["a boxed string", Object("a") as unknown],
  ])("refuses %s as the payload", (_, value) => {
    expect(refusal(value)).toBe(`${notSerializable} payload`);
  });

  it("names the class in the message", () => {
    expect(thrownBy(() => encode({ price: new Money() })).message).toBe(
      "Expected `payload.price` to be plain data, but it is an instance of Money, which would lose its class: store its plain data instead",
    );
  });

  it("takes the own properties of a job, which is an instance at the root", () => {
    class SendInvoice {
      static readonly type = "send-invoice";
      readonly #secret = 1;
      readonly invoiceId = "42";
      get label(): string {
        return `invoice ${this.invoiceId} ${this.#secret}`;
      }
    }

    expect(encode(new SendInvoice())).toEqual({ text: '{"invoiceId":"42"}' });
  });

  it("lets a URL come back as a URL", () => {
    const link = new URL("https://example.org/a?b=c#d");

    const restored = roundTrip({ link }) as { readonly link: URL };

    expect(restored.link).toBeInstanceOf(URL);
    expect(restored.link.href).toBe(link.href);
  });
});

describe("row 72: objects that answer in their own way", () => {
  it("refuses a `toJSON` method, own or inherited", () => {
    class Job {
      toJSON(): string {
        return "other";
      }
    }

    expect(refusal({ a: { toJSON: () => 1 } })).toBe(`${notSerializable} payload.a`);
    expect(refusal(new Job())).toBe(`${notSerializable} payload`);
  });

  it("keeps a getter's error as the cause", () => {
    const thrown = new Error("no");
    const value = {
      ok: 1,
      deep: {
        get broken(): never {
          throw thrown;
        },
      },
    };

    const error = thrownBy(() => encode(value));

    expect(error).toMatchObject({ code: notSerializable, path: "payload.deep", cause: thrown });
  });

  it("keeps the error of a getter that throws only when it is read again", () => {
    let reads = 0;
    const thrown = new Error("no");
    const value = {
      get moody(): number {
        reads++;
        if (reads > 1) throw thrown;
        return 1;
      },
    };

    expect(thrownBy(() => encode(value))).toMatchObject({ code: notSerializable, cause: thrown });
  });

  it("refuses a Proxy whose traps throw, and a revoked one", () => {
    const hostile = new Proxy(
      {},
      {
        ownKeys() {
          throw new Error("no");
        },
      },
    );
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();

    expect(refusal({ hostile })).toBe(`${notSerializable} payload.hostile`);
    expect(refusal({ proxy })).toBe(`${notSerializable} payload.proxy`);
    expect(refusal(proxy)).toBe(`${notSerializable} payload`);
  });
});

describe("row 73: an object without a prototype", () => {
  it("is accepted, at the root, inside and beside a Date", () => {
    const value = Object.assign(Object.create(null) as object, { a: 1 });

    expect(encode(value).text).toBe('{"a":1}');
    expect(roundTrip({ value, at: new Date(0) })).toEqual({ value: { a: 1 }, at: new Date(0) });
  });
});

describe("row 74: the own key `__proto__`", () => {
  it("is refused, plain and beside a Date", () => {
    const value = JSON.parse('{"a":{"__proto__":{"admin":true}}}') as Record<string, unknown>;

    expect(refusal(value)).toBe("REVO_PAYLOAD_KEY_FORBIDDEN payload.a.__proto__");
    expect(refusal({ at: new Date(0), ...value })).toBe(
      "REVO_PAYLOAD_KEY_FORBIDDEN payload.a.__proto__",
    );
  });

  it("makes a stored text corrupt, however it is written", () => {
    const plain = '{"__proto__":{"admin":true}}';
    const escaped = '{"a":[{"\\u005f_proto__":{"admin":true}}]}';

    expect(refusalOf(() => decodePayload(plain, undefined))).toBe("REVO_JOB_CORRUPT");
    expect(refusalOf(() => decodePayload(escaped, undefined))).toBe("REVO_JOB_CORRUPT");
    expect(refusalOf(() => decodeResult(plain))).toBe("REVO_JOB_CORRUPT");
  });

  it("is fine as a value", () => {
    expect(roundTrip({ key: "__proto__" })).toEqual({ key: "__proto__" });
  });

  it("cannot reach a prototype through the notes", () => {
    const meta = { values: { "__proto__.polluted": ["Date"] }, v: 1 };

    expect(refusalOf(() => decodePayload('{"a":"2027-01-01T00:00:00Z"}', meta))).toBe(
      "REVO_JOB_CORRUPT",
    );
    expect(({} as { readonly polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe("row 75: odd keys", () => {
  it("come back equal", () => {
    const value = { $where: 2, "a.b": 3, "": 4, "\u0000": 5, "\\": 6 };
    const withNames = { ...value, constructor: 0, prototype: 1, toString: 2 };

    expect(roundTrip(withNames)).toEqual(withNames);
    expect(roundTrip({ ...value, "x.y": new Date(0) })).toEqual({ ...value, "x.y": new Date(0) });
  });

  it("are refused where the notes could not lead through them", () => {
    expect(refusal({ at: new Date(0), inner: { constructor: 1 } })).toBe(
      "REVO_PAYLOAD_KEY_FORBIDDEN payload.inner.constructor",
    );
  });

  it("count to the size", () => {
    expect(refusal({ ["k".repeat(maxBytes)]: 1 })).toMatch(/^REVO_PAYLOAD_TOO_LARGE/);
  });
});

describe("rows 76 and 77: text that some databases refuse", () => {
  it("is plain ASCII in the store and comes back equal", () => {
    const value = { nul: "a\u0000b", high: "\ud800", low: "x\udc00y" };

    expect(encode(value).text).toMatch(/^[ -~]*$/);
    expect(roundTrip(value)).toEqual(value);
  });
});

describe("row 78: empty containers", () => {
  it.each([[[]], [{}], [{ a: [] }], [[[], {}]]])("%j comes back equal", (value) => {
    expect(roundTrip(value)).toStrictEqual(value);
  });
});

describe("row 79: numbers at the edges", () => {
  it("come back equal by the rules of JavaScript", () => {
    // oxlint-disable-next-line no-loss-of-precision -- That it is lost before it gets here is the point.
    const value = [9007199254740993, 1e21, 0.1 + 0.2, 5e-324, Number.MAX_VALUE];

    expect(roundTrip(value)).toStrictEqual(value);
  });

  it("store -0 as 0, also beside a Date", () => {
    expect(Object.is(roundTrip(-0), 0)).toBe(true);
    expect(roundTrip([-0, new Date(0)])).toStrictEqual([0, new Date(0)]);
  });
});

describe("row 80: depth", () => {
  it("is allowed up to 64 levels", () => {
    expect(roundTrip(nested(64))).toEqual(nested(64));
  });

  it("is refused from 65 levels on", () => {
    expect(thrownBy(() => encode(nested(65))).code).toBe("REVO_PAYLOAD_TOO_DEEP");
    expect(thrownBy(() => encode(nested(20_000))).code).toBe("REVO_PAYLOAD_TOO_DEEP");
  });

  it("is read back at its greatest from Maps, which take two levels each", () => {
    let value: unknown = 1;
    for (let level = 0; level < 32; level++) {
      value = new Map([["k", value]]);
    }

    expect(roundTrip(value)).toEqual(value);
  });

  it("of 200,000 levels in a stored text is a corrupt job", () => {
    const arrays = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
    const unfinished = `{"a":`.repeat(200_000);

    expect(refusalOf(() => decodePayload(arrays, undefined))).toBe("REVO_JOB_CORRUPT");
    expect(refusalOf(() => decodePayload(unfinished, undefined))).toBe("REVO_JOB_CORRUPT");
  });

  it("is not seen in brackets inside a text", () => {
    const brackets = "[".repeat(1000);
    const value = { a: "\\", b: brackets, c: `${brackets}\\"${brackets}` };

    expect(roundTrip(value)).toEqual(value);
  });
});

describe("row 81: size", () => {
  it("is refused one byte above the limit", () => {
    const fits = "x".repeat(maxBytes - 2);

    expect(encode(fits).text).toHaveLength(maxBytes);
    expect(refusal(`${fits}x`)).toBe("REVO_PAYLOAD_TOO_LARGE payload");
  });

  it("is refused before what comes after the limit is looked at", () => {
    let reads = 0;
    const value = {
      list: Array.from({ length: 1000 }, () => "x".repeat(2000)),
      get late(): number {
        reads++;
        return 1;
      },
    };

    expect(refusal(value)).toMatch(/^REVO_PAYLOAD_TOO_LARGE payload\.list\[\d+\]$/);
    expect(reads).toBe(0);
  });

  it("of a text of 100 MB, an array of ten million and a Set of half a million is refused", () => {
    const set = new Set<number>();
    for (let i = 0; i < 600_000; i++) {
      set.add(i);
    }

    expect(refusal("x".repeat(100_000_000))).toMatch(/^REVO_PAYLOAD_TOO_LARGE/);
    expect(refusal(Array.from({ length: 10_000_000 }).fill(0))).toMatch(/^REVO_PAYLOAD_TOO_LARGE/);
    // The Set itself, not one of its items: it is not even copied.
    expect(refusal({ set })).toBe("REVO_PAYLOAD_TOO_LARGE payload.set");
  });

  it("counts the notes, too", () => {
    const dates = { a: new Date(0) };
    const { text, meta } = encode(dates);
    const bytes = text.length + JSON.stringify(meta).length;

    expect(encodePayload(dates, { maxBytes: bytes }).text).toBe(text);
    expect(refusalOf(() => encodePayload(dates, { maxBytes: bytes - 1 }))).toBe(
      "REVO_PAYLOAD_TOO_LARGE payload",
    );
  });

  it("of what one small object spreads into is found while it grows", () => {
    let value: unknown = 1;
    for (let level = 0; level < 60; level++) {
      value = [value, value];
    }

    expect(refusal(value)).toMatch(/^REVO_PAYLOAD_TOO_LARGE/);
  });
});

describe("row 82: characters of several bytes at the limit", () => {
  it.each(["é", "€", "😀", "\ud800", "\u0001", '"'])("are counted to the byte: %j", (character) => {
    const value = character.repeat(10);
    const bytes = Buffer.byteLength(JSON.stringify(value));

    expect(encodePayload(value, { maxBytes: bytes }).text).toBe(JSON.stringify(value));
    expect(refusalOf(() => encodePayload(value, { maxBytes: bytes - 1 }))).toBe(
      "REVO_PAYLOAD_TOO_LARGE payload",
    );
  });
});

describe("row 83: stored text that is not ours", () => {
  it.each([
    ["a byte order mark", '\ufeff{"a":1}'],
    ["a trailing comma", '{"a":1,}'],
    ["a comment", '{"a":1/* one */}'],
    ["nothing", ""],
    ["half a text", '{"a":"b'],
    ["bytes that were no UTF-8", "\ufffd\ufffd"],
    ["a single quote", "{'a':1}"],
  ])("is corrupt with %s", (_, text) => {
    expect(refusalOf(() => decodePayload(text, undefined))).toBe("REVO_JOB_CORRUPT");
  });

  it("with a key that stands twice has the last one, as everywhere in JavaScript", () => {
    expect(decodePayload('{"a":1,"a":2}', undefined)).toEqual({ a: 2 });
  });

  it.each([
    ["a BigInt that is none", '{"a":"x"}', { values: { a: ["bigint"] }, v: 1 }],
    ["a type nobody knows", '{"a":"x"}', { values: { a: ["nothing"] }, v: 1 }],
    ["a Map of a text", '{"a":5}', { values: { a: ["map"] }, v: 1 }],
  ])("is corrupt with notes that do not fit: %s", (_, text, meta) => {
    expect(refusalOf(() => decodePayload(text, meta))).toBe("REVO_JOB_CORRUPT");
  });
});

describe("row 38: what a handler returns", () => {
  it("is refused when JSON cannot hold it", () => {
    const cyclic: { self?: unknown } = {};
    cyclic.self = cyclic;

    for (const value of [cyclic, () => 1, { x: Number.NaN }, JSON.parse('{"__proto__":1}')]) {
      expect(refusalOf(() => encodeResult(value, { maxBytes }))).toBe(
        "REVO_RESULT_NOT_SERIALIZABLE",
      );
    }
  });

  it("is refused when it is too large, with the path in the message", () => {
    const error = thrownBy(() => encodeResult({ pdf: "x".repeat(50_000_000) }, { maxBytes }));

    expect(error.code).toBe("REVO_RESULT_TOO_LARGE");
    expect(error.message).toBe(
      "Expected the result to have at most 1048576 bytes as JSON; `result.pdf` passes the limit",
    );
  });
});
