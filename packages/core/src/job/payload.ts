import { deserialize, serialize } from "superjson";
import { RevoArgumentError, RevoError, type RevoErrorCode } from "../errors.ts";
import { corruptError, parseStoredText } from "./json-text.ts";
import { JsonFault, walkJson } from "./json-walk.ts";
import { plainClone } from "./plain-clone.ts";

/** A value as it is stored. */
export interface EncodedValue {
  /** JSON. */
  readonly text: string;
  /** superjson's notes about what JSON has no type for; absent when the text says all. */
  readonly meta?: unknown;
}

const payloadCodes: Readonly<Record<JsonFault["kind"], RevoErrorCode>> = {
  "not-serializable": "REVO_PAYLOAD_NOT_SERIALIZABLE",
  "key-forbidden": "REVO_PAYLOAD_KEY_FORBIDDEN",
  "too-deep": "REVO_PAYLOAD_TOO_DEEP",
  "too-large": "REVO_PAYLOAD_TOO_LARGE",
};

/** A result with notes stands in a frame that begins so. */
const frameStart = '{"json":';

/**
 * Encodes a payload. Date, BigInt, Map, Set and URL come back as what they are; `undefined` becomes `null` at the root and is
 * dropped as a property; -0 becomes 0. Everything else that JSON would change silently is refused.
 *
 * @param value Plain data; at the root also an instance of a class, whose own enumerable properties are taken.
 * @param options `maxBytes`: most bytes of the text in UTF-8, together with the notes.
 * @throws {@link RevoArgumentError} `REVO_PAYLOAD_NOT_SERIALIZABLE`, `REVO_PAYLOAD_KEY_FORBIDDEN`, `REVO_PAYLOAD_TOO_DEEP` (64
 * levels) with the path of the part (`payload.items[3].at`), `REVO_PAYLOAD_TOO_LARGE`.
 */
export function encodePayload(
  value: unknown,
  options: { readonly maxBytes: number },
): EncodedValue {
  try {
    return encode(value, options.maxBytes);
  } catch (error) {
    if (!(error instanceof JsonFault)) {
      throw error;
    }
    const path = `payload${error.path}`;
    throw new RevoArgumentError(
      payloadCodes[error.kind],
      faultMessage(error, path, options.maxBytes),
      path,
      causeOf(error),
    );
  }
}

/**
 * Decodes a payload. Of a key that stands twice the last one counts, as everywhere in JavaScript.
 *
 * @throws {@link RevoError} `REVO_JOB_CORRUPT`: the text is no JSON, is nested too deep to be worked with, has a key that can
 * change a prototype, or its notes do not fit it.
 */
export function decodePayload(text: string, meta: unknown): unknown {
  return decode(text, meta, "payload");
}

/**
 * Encodes what a handler returned. As {@link encodePayload}, with the notes inside the text.
 *
 * @returns Nothing for `undefined`.
 * @throws {@link RevoError} `REVO_RESULT_NOT_SERIALIZABLE` with the path of the part, `REVO_RESULT_TOO_LARGE`.
 */
export function encodeResult(
  value: unknown,
  options: { readonly maxBytes: number },
): string | undefined {
  if (value === undefined) {
    return undefined;
  }
  try {
    const { text, meta } = encode(value, options.maxBytes);
    const notes = meta === undefined ? "" : `,"meta":${JSON.stringify(meta)}`;
    // A result that looks like a frame is framed as well, so that reading never guesses.
    const isFramed = notes !== "" || text.startsWith(frameStart);
    const framed = isFramed ? `${frameStart}${text}${notes}}` : text;
    assertSize(framed, undefined, options.maxBytes);
    return framed;
  } catch (error) {
    if (!(error instanceof JsonFault)) {
      throw error;
    }
    throw new RevoError(
      error.kind === "too-large" ? "REVO_RESULT_TOO_LARGE" : "REVO_RESULT_NOT_SERIALIZABLE",
      faultMessage(error, `result${error.path}`, options.maxBytes),
      causeOf(error),
    );
  }
}

/**
 * Decodes what {@link encodeResult} wrote.
 *
 * @throws {@link RevoError} `REVO_JOB_CORRUPT`.
 */
export function decodeResult(text: string | undefined): unknown {
  if (text === undefined) {
    return undefined;
  }
  if (!text.startsWith(frameStart)) {
    return decode(text, undefined, "result");
  }
  const { json, meta } = parseStoredText(text, "result") as {
    readonly json: unknown;
    readonly meta?: unknown;
  };
  return meta === undefined ? json : restore(json, meta, "result");
}

function encode(value: unknown, maxBytes: number): EncodedValue {
  try {
    const kind = walkJson(value, maxBytes);
    const encoded = kind === "plain" ? { text: encodePlain(value) } : encodeSpecial(value);
    assertSize(encoded.text, encoded.meta, maxBytes);
    return encoded;
  } catch (error) {
    // A getter may answer the walk and throw at the writing.
    throw error instanceof JsonFault
      ? error
      : new JsonFault("not-serializable", "", "cannot be read", { cause: error });
  }
}

function encodePlain(value: unknown): string {
  return value === undefined ? "null" : JSON.stringify(value);
}

function encodeSpecial(value: unknown): EncodedValue {
  // A copy first: superjson would keep -0 and undefined, which plain payloads do not, and is strict about some keys.
  const { json, meta } = serialize(plainClone(value));
  // Only `values`: what is the same object twice comes back as two, as it does without notes.
  return { text: JSON.stringify(json), meta: { values: meta?.values, v: meta?.v } };
}

function assertSize(text: string, meta: unknown, maxBytes: number): void {
  const whole = meta === undefined ? text : text + JSON.stringify(meta);
  // No UTF-16 unit takes more than three bytes.
  if (whole.length * 3 > maxBytes && Buffer.byteLength(whole) > maxBytes) {
    throw new JsonFault("too-large", "", "is where the limit is passed");
  }
}

function faultMessage(fault: JsonFault, path: string, maxBytes: number): string {
  return fault.kind === "too-large"
    ? `Expected the ${path.startsWith("payload") ? "payload" : "result"} to have at most ${maxBytes} bytes as JSON; \`${path}\` passes the limit`
    : `Expected \`${path}\` to be plain data, but it ${fault.message}`;
}

function causeOf(fault: JsonFault): ErrorOptions | undefined {
  return fault.cause === undefined ? undefined : { cause: fault.cause };
}

function decode(text: string, meta: unknown, part: "payload" | "result"): unknown {
  const value = parseStoredText(text, part);
  return meta === undefined ? value : restore(value, meta, part);
}

function restore(json: unknown, meta: unknown, part: "payload" | "result"): unknown {
  try {
    return deserialize({ json: json as never, meta: meta as never }, { inPlace: true });
  } catch {
    throw corruptError(part, "does not fit its notes");
  }
}
