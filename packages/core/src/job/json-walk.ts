import type { RevoErrorCode } from "../errors.ts";

/** Deepest nesting of a value: `[[1]]` is 2. */
export const maxDepth = 64;

/** Why a value cannot be stored, before it is said in the words of a payload or of a result. */
export class JsonFault {
  readonly kind: "not-serializable" | "key-forbidden" | "too-deep" | "too-large";
  /** From the root, `.items[3].at`; empty for the root itself. */
  readonly path: string;
  readonly rule: string;
  readonly cause: unknown;

  constructor(kind: JsonFault["kind"], path: string, rule: string, cause?: unknown) {
    this.kind = kind;
    this.path = path;
    this.rule = rule;
    this.cause = cause;
  }
}

export type PayloadErrorCode = Extract<RevoErrorCode, `REVO_PAYLOAD_${string}`>;

/** What {@link walkJson} found. */
export type JsonWalkResult = "plain" | "special";

/**
 * Looks at every part of a value once, before anything is written: whether JSON keeps it as it is (`plain`), or only together
 * with notes about its Dates, BigInts, Maps, Sets and URLs (`special`).
 *
 * The root may be an instance of a class: it counts as the plain object of its own enumerable properties.
 *
 * @param maxBytes The walk stops as soon as the JSON text cannot have so few bytes.
 * @throws {@link JsonFault} when neither keeps it.
 */
export function walkJson(value: unknown, maxBytes: number): JsonWalkResult {
  const walk = new JsonWalk(maxBytes);
  try {
    walk.visitRoot(value);
  } catch (error) {
    throw error instanceof JsonFault
      ? error
      : walk.fault("not-serializable", "cannot be read", error);
  }
  return walk.special ? "special" : "plain";
}

class JsonWalk {
  special = false;
  #left: number;
  /** How many containers are open; `#keys` and `#open` are valid up to here. */
  #depth = 0;
  readonly #keys: (string | number)[] = [];
  readonly #open: object[] = [];

  constructor(maxBytes: number) {
    this.#left = maxBytes;
  }

  visitRoot(value: unknown): void {
    if (value === undefined) {
      return;
    }
    if (typeof value === "object" && value !== null && isInstance(value)) {
      if (Object.prototype.toString.call(value) === "[object Object]") {
        this.#visitProperties(value);
        return;
      }
    }
    this.#visit(value);
  }

  fault(kind: JsonFault["kind"], rule: string, cause?: unknown): JsonFault {
    return new JsonFault(kind, this.#path(), rule, cause);
  }

  #visit(value: unknown): void {
    switch (typeof value) {
      case "string":
        this.#spend(value.length + 2);
        return;
      case "number":
        if (!Number.isFinite(value)) {
          throw this.fault("not-serializable", `is ${value}, which JSON cannot hold`);
        }
        this.#spend(1);
        return;
      case "boolean":
        this.#spend(4);
        return;
      case "object":
        if (value === null) {
          this.#spend(4);
        } else {
          this.#visitObject(value);
        }
        return;
      case "bigint":
        this.special = true;
        this.#spend(3);
        return;
      case "undefined":
      case "function":
      case "symbol":
        throw this.fault("not-serializable", `is ${nameOf(value)}, which JSON cannot hold`);
    }
  }

  #visitObject(value: object): void {
    if (Array.isArray(value)) {
      if (
        Object.getPrototypeOf(value) !== Array.prototype &&
        isInstance(Object.getPrototypeOf(value))
      ) {
        throw this.#instanceFault(value);
      }
      this.#visitItems(value);
      return;
    }
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null || !isInstance(value)) {
      if (Object.getOwnPropertySymbols(value).length > 0) {
        throw this.fault("not-serializable", "has a symbol as key, which JSON would drop");
      }
      this.#visitProperties(value);
      return;
    }
    this.#visitSpecial(value, prototype);
  }

  #visitItems(items: readonly unknown[]): void {
    this.#enter(items);
    const last = this.#depth - 1;
    this.#spend(items.length);
    for (let i = 0; i < items.length; i++) {
      this.#keys[last] = i;
      this.#visit(items[i]);
    }
    this.#depth--;
  }

  #visitProperties(value: object): void {
    if (typeof (value as { readonly toJSON?: unknown }).toJSON === "function") {
      throw this.fault("not-serializable", "has a `toJSON` method: store what it returns instead");
    }
    this.#enter(value);
    const last = this.#depth - 1;
    for (const key of Object.keys(value)) {
      this.#keys[last] = key;
      const item = (value as Readonly<Record<string, unknown>>)[key];
      if (item !== undefined) {
        if (key === "__proto__") {
          throw this.fault("key-forbidden", "is a key that can change a prototype");
        }
        this.#spend(key.length + 3);
        this.#visit(item);
      }
    }
    this.#depth--;
  }

  #visitSpecial(value: object, prototype: unknown): void {
    if (prototype === Date.prototype) {
      if (Number.isNaN((value as Date).getTime())) {
        throw this.fault("not-serializable", "is an invalid Date");
      }
    } else if (prototype === Map.prototype) {
      this.#visitItems(Array.from(value as ReadonlyMap<unknown, unknown>));
    } else if (prototype === Set.prototype) {
      this.#visitItems(Array.from(value as ReadonlySet<unknown>));
    } else if (prototype !== URL.prototype) {
      throw this.#instanceFault(value);
    }
    this.special = true;
    this.#spend(2);
  }

  #instanceFault(value: object): JsonFault {
    return this.fault(
      "not-serializable",
      `is ${nameOf(value)}, which would lose its class: store its plain data instead`,
    );
  }

  #enter(value: object): void {
    const depth = this.#depth;
    for (let i = 0; i < depth; i++) {
      if (this.#open[i] === value) {
        throw this.fault("not-serializable", "leads back to an object that holds it (a cycle)");
      }
    }
    if (depth === maxDepth) {
      throw this.fault("too-deep", `is nested deeper than ${maxDepth} levels`);
    }
    this.#open[depth] = value;
    this.#depth = depth + 1;
    this.#spend(2);
  }

  /** A lower bound of the text's bytes: exact is only the text itself, which is not written when the bound is passed. */
  #spend(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) {
      throw this.fault("too-large", "is where the limit is passed");
    }
  }

  #path(): string {
    return this.#keys.slice(0, this.#depth).map(pathPart).join("");
  }
}

/** Whether JSON would lose the object's class. Plain objects of another realm (a `vm` context) are plain. */
function isInstance(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) {
    return false;
  }
  return !(
    Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, "isPrototypeOf")
  );
}

function pathPart(key: string | number): string {
  if (typeof key === "number") {
    return `[${key}]`;
  }
  return /^[A-Za-z_$][\w$]{0,79}$/.test(key) ? `.${key}` : `[${JSON.stringify(key.slice(0, 80))}]`;
}

function nameOf(value: unknown): string {
  if (typeof value === "object" && value !== null) {
    const name: unknown = Object.getPrototypeOf(value)?.constructor?.name;
    return typeof name === "string" && name !== ""
      ? `an instance of ${name.slice(0, 80)}`
      : "an object of a class";
  }
  return value === undefined ? "undefined" : `a ${typeof value}`;
}
