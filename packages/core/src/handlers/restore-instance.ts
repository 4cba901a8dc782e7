/**
 * An instance of a class from stored content, without calling the constructor: getters and methods work, `#private` state does
 * not survive. Content that is no object gives an instance without fields.
 */
export function restoreInstance<TInstance extends object>(
  prototype: TInstance,
  content: unknown,
): TInstance {
  const instance = Object.create(prototype) as Record<string, unknown>;
  if (typeof content === "object" && content !== null) {
    for (const [key, value] of Object.entries(content)) {
      // A field that the class has meanwhile made an accessor must not call the setter, or fail for want of one.
      if (key in prototype) define(instance, key, value);
      else instance[key] = value;
    }
  }
  return instance as TInstance;
}

function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}
