import { argumentError } from "../job/argument-error.ts";

/** @throws `REVO_ARGUMENT_INVALID`. */
export function assertFunction(value: unknown, path: string): void {
  if (typeof value === "function") return;
  throw argumentError("REVO_ARGUMENT_INVALID", path, "to be a function", value);
}

/** @throws `REVO_ARGUMENT_INVALID`: no function, or a class where a function that makes an instance is meant. */
export function assertFactory(value: unknown, path: string): void {
  assertFunction(value, path);
  if (!/^class\b/.test(Function.prototype.toString.call(value))) return;
  const { name } = value as { readonly name: string };
  throw argumentError(
    "REVO_ARGUMENT_INVALID",
    path,
    `to be a function such as () => new ${name || "Storage"}(…)`,
    value,
  );
}

/**
 * Checks a part that the user gives, so that a wrong one is found where it is given and not in the midst of a job.
 * @throws `REVO_ARGUMENT_INVALID`.
 */
export function assertMethods(value: unknown, path: string, methods: readonly string[]): void {
  const part = value as Readonly<Record<string, unknown>> | null | undefined;
  const missing = methods.find((method) => typeof part?.[method] !== "function");
  if (missing === undefined) return;
  throw argumentError("REVO_ARGUMENT_INVALID", path, `to have a method \`${missing}\``, value);
}

/**
 * Lets a function configure a section.
 * @throws `REVO_ARGUMENT_INVALID`: it is no function, or an async one: what that does after its first `await` would come too
 * late, and its failure would reach nobody.
 */
export function configureNow<TSection>(
  configure: (section: TSection) => unknown,
  section: TSection,
): void {
  assertFunction(configure, "configure");
  const returned = configure(section);
  if (!(returned instanceof Promise)) return;
  // The one error told is ours; without this the function's own would end the process.
  returned.catch(() => {});
  throw argumentError(
    "REVO_ARGUMENT_INVALID",
    "configure",
    "to be a function that is not async (await before you configure; the storage's function may be async)",
    configure,
  );
}
