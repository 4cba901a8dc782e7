/**
 * Times a fixed piece of arithmetic, so that runs on different machines, or of one machine on different days, can be put in
 * relation: 200 million steps of a multiply-and-add on 32-bit integers.
 * @returns Milliseconds.
 */
export function measureArithmeticLoop(): number {
  const startedMs = performance.now();
  let value = 1;
  for (let step = 0; step < 200_000_000; step++)
    value = (Math.imul(value, 1_664_525) + 1_013_904_223) | 0;
  if (value === 0) throw new Error("The loop was optimised away");
  return performance.now() - startedMs;
}
