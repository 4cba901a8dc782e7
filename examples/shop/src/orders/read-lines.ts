/** A line of the input, or why it can't be read. */
export type Line =
  | { readonly number: number; readonly text: string }
  | { readonly number: number; readonly problem: string };

const maxLineBytes = 64 * 1024;
const newline = 0x0a;

/**
 * Splits bytes into lines. A line of any length takes no more than 64 KiB of memory, and one that is not UTF-8 spoils no
 * other, which is why this is not `node:readline`.
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let parts: Uint8Array[] = [];
  let bytes = 0;
  let number = 1;
  const keep = (part: Uint8Array): void => {
    bytes += part.length;
    if (bytes <= maxLineBytes) parts.push(part);
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      keep(chunk.subarray(start, end));
      yield lineOf(number++, parts, bytes);
      parts = [];
      bytes = 0;
      start = end + 1;
    }
    keep(chunk.subarray(start));
  }
  if (bytes > 0) yield lineOf(number, parts, bytes);
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function lineOf(number: number, parts: readonly Uint8Array[], bytes: number): Line {
  if (bytes > maxLineBytes) return { number, problem: `longer than ${maxLineBytes} bytes` };
  try {
    return { number, text: utf8.decode(Buffer.concat(parts)).trim() };
  } catch {
    return { number, problem: "not UTF-8" };
  }
}
