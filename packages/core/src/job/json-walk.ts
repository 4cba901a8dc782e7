/** Deepest nesting of a value: `[[1]]` is 2. */
const maxDepth = 64;

const maxPathLength = 200;

/** Why a value cannot be stored, before it is said in the words of a payload or of a result. */
export class JsonFault extends Error {
  readonly kind: "not-serializable" | "key-forbidden" | "too-deep" | "too-large";
  /** From the root, `.items[3].at`; empty for the root itself. */
  readonly path: string;

  /** @param rule What is wrong with the part, to follow "it". */
  constructor(kind: JsonFault["kind"], path: string, rule: string, options?: ErrorOptions) {
    super(rule, options);
    this.kind = kind;
    this.path = path;
  }
}

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
      : walk.fault("not-serializable", "cannot be read", { cause: error });
  }
  return walk.special ? "special" : "plain";
}

class JsonWalk {
  special = false;
  #bytesLeft: number;
  /** How many containers are open; `#keys` and `#open` are valid up to here. */
  #depth = 0;
  readonly #keys: (string | number)[] = [];
  readonly #open: object[] = [];

  constructor(maxBytes: number) {
    this.#bytesLeft = maxBytes;
  }

  visitRoot(value: unknown): void {
    if (value === undefined) {
      return;
    }
    if (typeof value === "object" && value !== null && isInstance(value) && isUsersOwn(value)) {
      this.#visitProperties(value);
      return;
    }
    this.#visit(value);
  }

  fault(kind: JsonFault["kind"], rule: string, options?: ErrorOptions): JsonFault {
    return new JsonFault(kind, this.#path(), rule, options);
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
      case "bigint":
        this.special = true;
        this.#spend(3);
        return;
      case "object":
        if (value === null) {
          this.#spend(4);
        } else {
          this.#visitObject(value);
        }
        return;
      case "undefined":
      case "function":
      case "symbol":
        throw this.fault("not-serializable", `is ${nameOf(value)}, which JSON cannot hold`);
    }
  }

  #visitObject(value: object): void {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (Array.isArray(value)) {
      if (prototype !== Array.prototype && !isOtherRealms(prototype)) {
        throw this.#instanceFault(value);
      }
      this.#refuseToJson(value);
      this.#visitItems(value, value);
    } else if (prototype === Object.prototype || !isInstance(value)) {
      if (Object.getOwnPropertySymbols(value).length > 0) {
        throw this.fault("not-serializable", "has a symbol as key, which JSON would drop");
      }
      this.#visitProperties(value);
    } else {
      this.special = true;
      this.#visitSpecial(value, prototype);
    }
  }

  #visitProperties(value: object): void {
    this.#refuseToJson(value);
    const depth = this.#enter(value);
    for (const key of Object.keys(value)) {
      const item = (value as Readonly<Record<string, unknown>>)[key];
      if (item !== undefined) {
        this.#keys[depth] = key;
        if (key === "__proto__") {
          throw this.fault("key-forbidden", "has a key that can change a prototype");
        }
        this.#spend(key.length + 4);
        this.#visit(item);
      }
    }
    this.#depth = depth;
  }

  #visitItems(container: object, items: readonly unknown[]): void {
    const depth = this.#enter(container);
    for (let i = 0; i < items.length; i++) {
      this.#keys[depth] = i;
      this.#spend(1);
      this.#visit(items[i]);
    }
    this.#depth = depth;
  }

  #visitSpecial(value: object, prototype: unknown): void {
    if (prototype === Date.prototype) {
      if (Number.isNaN((value as Date).getTime())) {
        throw this.fault("not-serializable", "is an invalid Date");
      }
      this.#spend(26);
    } else if (prototype === Map.prototype) {
      const map = value as ReadonlyMap<unknown, unknown>;
      this.#refuseMoreThan(map.size);
      this.#visitItems(map, [...map]);
    } else if (prototype === Set.prototype) {
      const set = value as ReadonlySet<unknown>;
      this.#refuseMoreThan(set.size);
      this.#visitItems(set, [...set]);
    } else if (prototype === URL.prototype) {
      this.#spend((value as URL).href.length + 2);
    } else {
      throw this.#instanceFault(value);
    }
  }

  #refuseToJson(value: object): void {
    if (typeof (value as { readonly toJSON?: unknown }).toJSON === "function") {
      throw this.fault("not-serializable", "has a `toJSON` method: store what it returns instead");
    }
  }

  #instanceFault(value: object): JsonFault {
    return this.fault(
      "not-serializable",
      `is ${nameOf(value)}, which would lose its class: store its plain data instead`,
    );
  }

  /** Opens a container and answers its depth, under which its keys are noted. */
  #enter(container: object): number {
    const depth = this.#depth;
    for (let i = 0; i < depth; i++) {
      if (this.#open[i] === container) {
        throw this.fault("not-serializable", "leads back to an object that holds it (a cycle)");
      }
    }
    if (depth === maxDepth) {
      throw this.fault("too-deep", `is nested deeper than ${maxDepth} levels`);
    }
    this.#open[depth] = container;
    this.#depth = depth + 1;
    this.#spend(1);
    return depth;
  }

  /** Before the entries are copied: they might be millions. */
  #refuseMoreThan(items: number): void {
    if (items * 2 > this.#bytesLeft) {
      throw this.fault("too-large", "is where the limit is passed");
    }
  }

  /** Never more than the part will take: whether the limit is kept to the byte, only the text itself can say. */
  #spend(bytes: number): void {
    this.#bytesLeft -= bytes;
    if (this.#bytesLeft < 0) {
      throw this.fault("too-large", "is where the limit is passed");
    }
  }

  #path(): string {
    const path = this.#keys.slice(0, this.#depth).map(pathPart).join("");
    return path.length <= maxPathLength
      ? path
      : `${path.slice(0, maxPathLength / 2)}…${path.slice(-maxPathLength / 2)}`;
  }
}

/** Whether JSON would lose the object's class. */
function isInstance(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype !== null && prototype !== Object.prototype && !isRootPrototype(prototype);
}

/** The `Object.prototype` of any realm: what comes from a `vm` context is as plain as what does not. */
function isRootPrototype(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.getPrototypeOf(value) === null &&
    Object.hasOwn(value, "isPrototypeOf")
  );
}

function isOtherRealms(arrayPrototype: unknown): boolean {
  return (
    typeof arrayPrototype === "object" &&
    arrayPrototype !== null &&
    isRootPrototype(Object.getPrototypeOf(arrayPrototype))
  );
}

/** Built-in classes hold their state where no property shows it: an Error or a RegExp would become `{}`. */
function isUsersOwn(value: object): boolean {
  return Object.prototype.toString.call(value) === "[object Object]";
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
