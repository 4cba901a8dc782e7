/**
 * As `Promise.all`, but when one fails the others have ended, too, before it throws: what is done again must not meet what is
 * still under way.
 */
export async function allDone<T extends readonly unknown[]>(
  promises: readonly [...{ [K in keyof T]: Promise<T[K]> }],
): Promise<T> {
  const work: readonly Promise<unknown>[] = promises;
  await Promise.allSettled(work);
  // All have ended: this throws the first error, or has every value.
  return (await Promise.all(work)) as unknown as T;
}
