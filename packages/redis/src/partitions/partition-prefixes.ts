/** Of a Redis Cluster. */
const SLOTS = 16_384;

/**
 * The prefix of each partition. A cluster's masters have ranges of slots, so the partitions' slots are spread evenly: the first lies
 * in the first of `count` equal ranges, and so on. No storage's own prefix has a `#`.
 */
export function partitionPrefixes(prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => {
    const [from, to] = [(index * SLOTS) / count, ((index + 1) * SLOTS) / count];
    for (let tries = 0; ; tries++) {
      const candidate = `${prefix}#${index}${tries === 0 ? "" : `-${tries}`}`;
      const slot = slotOf(candidate);
      if (slot >= from && slot < to) return candidate;
    }
  });
}

/** The slot of a hash tag: CRC16 with the polynomial of XMODEM. The tag has ASCII characters only. */
export function slotOf(tag: string): number {
  let crc = 0;
  for (let at = 0; at < tag.length; at++) {
    crc ^= tag.charCodeAt(at) << 8;
    for (let bit = 0; bit < 8; bit++) {
      crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
    }
    crc &= 0xffff;
  }
  return crc % SLOTS;
}

/** One of `count` for any text, the same at all times and everywhere. */
export function partitionOfText(text: string, count: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  // The last characters reach the high bits only through this.
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return ((hash ^ (hash >>> 15)) >>> 0) % count;
}
