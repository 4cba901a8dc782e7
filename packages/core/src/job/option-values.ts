import { argumentError } from "./argument-error.ts";

/**
 * Reads an integer option.
 *
 * @throws {@link RevoArgumentError} `REVO_ARGUMENT_INVALID` unless `value` is an integer from `least` to `most`.
 */
export function parseInteger(value: number, path: string, least: number, most: number): number {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw argumentError(
      "REVO_ARGUMENT_INVALID",
      path,
      `to be an integer from ${least} to ${most}`,
      value,
    );
  }
  return value;
}

/**
 * Reads an option by which a call can be called off.
 *
 * @throws {@link RevoArgumentError} `REVO_ARGUMENT_INVALID` for anything but an `AbortSignal`, of any realm.
 */
export function parseSignal(value: AbortSignal | undefined, path: string): AbortSignal | undefined {
  const looksRight =
    value === undefined ||
    (typeof value === "object" &&
      typeof value?.aborted === "boolean" &&
      typeof value.addEventListener === "function");
  if (!looksRight) {
    throw argumentError("REVO_ARGUMENT_INVALID", path, "to be an AbortSignal", value);
  }
  return value;
}

/**
 * Reads an option that is a yes or a no.
 *
 * @throws {@link RevoArgumentError} `REVO_ARGUMENT_INVALID` for anything but `true` and `false`.
 */
export function parseBoolean(value: boolean, path: string): boolean {
  if (typeof value !== "boolean") {
    throw argumentError("REVO_ARGUMENT_INVALID", path, "to be true or false", value);
  }
  return value;
}
