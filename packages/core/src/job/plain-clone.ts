import { JsonFault } from "./json-walk.ts";

/**
 * A copy of a value that {@link walkJson} let pass, in the form plain JSON would give it (no `undefined` properties, no -0, no
 * class at the root), with its Dates, BigInts, Maps, Sets and URLs.
 *
 * @throws {@link JsonFault} for keys that the codec of such values refuses.
 */
export function plainClone(value: unknown, path = ""): unknown {
  if (typeof value !== "object" || value === null) {
    return value === 0 ? 0 : value;
  }
  if (value instanceof Date || value instanceof URL) {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map((item, i) => plainClone(item, `${path}[${i}]`));
  }
  if (value instanceof Set) {
    return new Set(Array.from(value, (item, i) => plainClone(item, `${path}[${i}]`)));
  }
  if (value instanceof Map) {
    return new Map(
      Array.from(value, ([key, item], i) => [
        plainClone(key, `${path}[${i}][0]`),
        plainClone(item, `${path}[${i}][1]`),
      ]),
    );
  }
  return cloneProperties(value as Readonly<Record<string, unknown>>, path);
}

function cloneProperties(value: Readonly<Record<string, unknown>>, path: string): object {
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const item = value[key];
    if (item === undefined) {
      continue;
    }
    const itemPath = `${path}.${key.slice(0, 80)}`;
    if (key === "constructor" || key === "prototype") {
      throw new JsonFault(
        "key-forbidden",
        itemPath,
        "has a key that cannot stand beside a Date, BigInt, Map, Set or URL",
      );
    }
    copy[key] = plainClone(item, itemPath);
  }
  return copy;
}
