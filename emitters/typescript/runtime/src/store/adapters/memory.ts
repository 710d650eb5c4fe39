/** A store in memory: gone with the page. For tests, servers, and browsers that give no storage. */
import type { Chunk, Compaction, StoreAdapter, StoreContents, StoreFactory, Tail } from '../db.js';

/** What several memory stores may share, as tabs share a disk. */
export class MemoryDisk {
  floor = 0;
  nextKey: number;
  chunks: Chunk[] = [];
  readonly snapshots = new Map<string, string>();

  /** `after`: the keys of a store that it takes the place of go up to here. */
  constructor(after = 0) {
    this.nextKey = after + 1;
    if (after > 0) this.chunks.push({ key: after, text: '' });
  }
}

/** A store in memory. */
export class MemoryAdapter implements StoreAdapter {
  readonly shared = false;
  readonly #disk: MemoryDisk;

  constructor(disk: MemoryDisk = new MemoryDisk()) {
    this.#disk = disk;
  }

  async load(): Promise<StoreContents> {
    const { floor, chunks, snapshots } = this.#disk;
    return { floor, chunks: [...chunks], snapshots: [...snapshots].map(([key, text]) => ({ key, text })) };
  }

  async append(text: string): Promise<number> {
    const key = this.#disk.nextKey++;
    this.#disk.chunks.push({ key, text });
    return key;
  }

  async tail(after: number): Promise<Tail> {
    return { floor: this.#disk.floor, chunks: this.#disk.chunks.filter(({ key }) => key > after) };
  }

  async compact({ expect, journal, snapshots, drop }: Compaction): Promise<boolean> {
    const disk = this.#disk;
    if ((disk.chunks.at(-1)?.key ?? 0) !== expect) return false;
    if (drop === 'others') disk.snapshots.clear();
    else for (const key of drop) disk.snapshots.delete(key);
    for (const { key, text } of snapshots) disk.snapshots.set(key, text);
    if (journal !== null) {
      disk.chunks = [{ key: expect, text: journal }];
      disk.floor = expect;
    }
    return true;
  }

  async persist(): Promise<boolean> {
    return false;
  }

  onLost(): void {}

  async close(): Promise<void> {}
}

/** A factory of memory stores: those of one name share their contents. */
export function memoryStore(disks: Map<string, MemoryDisk> = new Map()): StoreFactory {
  return (name) => {
    const disk = disks.get(name) ?? new MemoryDisk();
    disks.set(name, disk);
    return new MemoryAdapter(disk);
  };
}
