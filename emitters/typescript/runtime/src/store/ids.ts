/** Ids of entities and events. */

/** So many ids are drawn at once: `crypto.randomUUID` takes several microseconds for each, and is missing on pages without TLS. */
const DRAWN = 128;
const bytes = new Uint8Array(16 * DRAWN);
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
let next = bytes.length;

/** A random UUID. */
export function newUuid(): string {
  if (next === bytes.length) {
    crypto.getRandomValues(bytes);
    next = 0;
  }
  let id = '';
  for (let at = 0; at < 16; at++) {
    const byte = bytes[next + at] ?? 0;
    id += HEX[at === 6 ? (byte & 0x0f) | 0x40 : at === 8 ? (byte & 0x3f) | 0x80 : byte];
    if (at === 3 || at === 5 || at === 7 || at === 9) id += '-';
  }
  next += 16;
  return id;
}
