/** What other tabs append to the journal: read, and taken into the ledger. */
import { countOf, decodeChunk } from './codec.js';
import { noChanges } from './ledger.js';
import type { Mirror } from './mirror.js';

/** Another tab saved a chunk, and told. */
export async function takeChunk(mirror: Mirror, key: number, text: string): Promise<void> {
  if (key <= mirror.high || mirror.ownKeys.has(key)) return;
  if (key !== mirror.high + 1 || mirror.catchUp !== null) {
    await readTail(mirror);
    if (key > mirror.high) await readTail(mirror); // the first may have begun before the chunk was there
    return;
  }
  mirror.high = key;
  apply(mirror, text);
}

/** Reads what other tabs appended; whoever asks meanwhile waits for the same. */
export function readTail(mirror: Mirror): Promise<void> {
  mirror.catchUp ??= read(mirror).finally(() => {
    mirror.catchUp = null;
  });
  return mirror.catchUp;
}

async function read(mirror: Mirror): Promise<void> {
  const { ownKeys } = mirror;
  const { floor, chunks } = await mirror.adapter.tail(mirror.high);
  // Only our own chunk, and that as the very next one, can have been compacted without our missing another tab's.
  const ours = floor === mirror.high + 1 && ownKeys.has(floor);
  if (floor > mirror.high && !ours) return reload(mirror);
  for (const { key, text } of chunks) {
    if (key <= mirror.high) continue;
    mirror.high = key;
    if (!ownKeys.delete(key)) apply(mirror, text);
  }
}

/** What was compacted away while this tab did not look is read anew, and what it has not saved yet put on top. */
async function reload(mirror: Mirror): Promise<void> {
  // Between two appends: what is on the disk is read, and what waits for it is put on top.
  await mirror.journal.exclusive(() =>
    mirror.load((ledger, changes) => {
      for (const entry of mirror.journal.queued) ledger.apply(entry, entry.kind !== 'new', changes);
    }),
  );
}

function apply(mirror: Mirror, text: string): void {
  const changes = noChanges();
  const { entries } = decodeChunk(text);
  for (const entry of entries) mirror.ledger.apply(entry, true, changes);
  mirror.entriesOnDisk += countOf(entries);
  mirror.listener.applied(changes);
}
