/**
 * A durable store for Node: one append-only file per store.
 *
 * Imported by its own path alone, so that a bundler for browsers never sees `node:fs`. A line of the file is one transaction, closed by
 * its newline: a torn last line was never acknowledged and is dropped. A compaction writes a new file and renames it over the old one.
 */
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { StoreError } from '../../errors.js';
import { isRecord } from '../../schemas/validate.js';
import type { Chunk, Compaction, StoreAdapter, StoreContents, StoreFactory, Tail } from '../db.js';

/** Where stores are kept, and how safe each append is. */
export interface NodeStoreOptions {
  readonly folder: string;
  /** Waits for the disk with every append, so that `saved` survives power loss too. */
  readonly fsync?: boolean;
}

/** Stores as files in a folder. */
export function nodeStore(options: NodeStoreOptions): StoreFactory {
  return (name) => new NodeAdapter(options, name);
}

type Line =
  | { readonly chunk: Chunk }
  | { readonly floor: number }
  | { readonly snapshot: { readonly key: string; readonly text: string } };

class NodeAdapter implements StoreAdapter {
  readonly #path: string;
  readonly #fsync: boolean;
  #file: FileHandle | null = null;
  #floor = 0;
  #chunks: Chunk[] = [];
  #snapshots = new Map<string, string>();
  #queue: Promise<unknown> = Promise.resolve();

  constructor({ folder, fsync = false }: NodeStoreOptions, name: string) {
    mkdirSync(folder, { recursive: true });
    this.#path = join(
      folder,
      `${name.replaceAll(/[^A-Za-z0-9_.-]/g, (char) => `%${char.codePointAt(0)?.toString(16)}`)}.log`,
    );
    this.#fsync = fsync;
  }

  load(): Promise<StoreContents> {
    return this.#inTurn(async () => {
      await this.#open();
      const snapshots = [...this.#snapshots].map(([key, text]) => ({ key, text }));
      return { floor: this.#floor, chunks: [...this.#chunks], snapshots };
    });
  }

  append(text: string, { flush }: { readonly flush: boolean }): Promise<number> {
    return this.#inTurn(async () => {
      const file = await this.#open();
      const key = Math.max(this.#floor, this.#chunks.at(-1)?.key ?? 0) + 1;
      const { size } = await file.stat();
      try {
        await file.appendFile(`${JSON.stringify({ chunk: { key, text } } satisfies Line)}\n`);
        if (flush || this.#fsync) await file.datasync();
      } catch (error) {
        await file.truncate(size).catch(() => {}); // half a line would spoil the next
        throw new StoreError('storage_failed', `cannot write ${this.#path}`, { cause: error });
      }
      this.#chunks.push({ key, text });
      return key;
    });
  }

  tail(after: number): Promise<Tail> {
    return this.#inTurn(async () => ({
      floor: this.#floor,
      chunks: this.#chunks.filter(({ key }) => key > after),
    }));
  }

  compact({ expect, journal, snapshots, drop }: Compaction): Promise<boolean> {
    return this.#inTurn(async () => {
      if ((this.#chunks.at(-1)?.key ?? 0) !== expect) return false;
      const kept = drop === 'others' ? new Map<string, string>() : new Map(this.#snapshots);
      for (const key of drop === 'others' ? [] : drop) kept.delete(key);
      for (const { key, text } of snapshots) kept.set(key, text);
      const chunks = journal === null ? this.#chunks : [{ key: expect, text: journal }];
      const floor = journal === null ? this.#floor : expect;
      const lines: Line[] = [
        { floor },
        ...[...kept].map(([key, text]) => ({ snapshot: { key, text } })),
        ...chunks.map((chunk) => ({ chunk })),
      ];
      await this.#rewrite(`${lines.map((line) => JSON.stringify(line)).join('\n')}\n`);
      this.#floor = floor;
      this.#chunks = [...chunks];
      this.#snapshots = kept;
      return true;
    });
  }

  async estimate(): Promise<null> {
    return null;
  }

  async persist(): Promise<boolean> {
    return true;
  }

  onLost(): void {}

  close(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#file?.close();
      if (this.#file !== null) rmSync(`${this.#path}.lock`, { force: true });
      this.#file = null;
    });
  }

  async #open(): Promise<FileHandle> {
    if (this.#file !== null) return this.#file;
    takeLock(`${this.#path}.lock`, this.#path);
    try {
      this.#file = await open(this.#path, 'a+');
      await this.#read(this.#file);
      return this.#file;
    } catch (error) {
      throw new StoreError('storage_failed', `cannot open ${this.#path}`, { cause: error });
    }
  }

  async #read(file: FileHandle): Promise<void> {
    const content = await file.readFile('utf8');
    const end = content.lastIndexOf('\n') + 1;
    if (end < content.length) await file.truncate(Buffer.byteLength(content.slice(0, end)));
    this.#floor = 0;
    this.#chunks = [];
    this.#snapshots = new Map();
    for (const line of content.slice(0, end).split('\n')) if (line !== '') this.#take(line);
  }

  #take(line: string): void {
    const value = parse(line);
    if (typeof value?.['floor'] === 'number') {
      this.#floor = value['floor'];
      return;
    }
    const { chunk, snapshot } = value ?? {};
    if (isRecord(chunk) && typeof chunk['key'] === 'number' && typeof chunk['text'] === 'string') {
      this.#chunks.push({ key: chunk['key'], text: chunk['text'] });
    } else if (isRecord(snapshot) && typeof snapshot['key'] === 'string' && typeof snapshot['text'] === 'string') {
      this.#snapshots.set(snapshot['key'], snapshot['text']);
    } else {
      // Damage in the middle of the file: handed on as a chunk, so that the store above sees and reports it.
      const key = Math.max(this.#floor, this.#chunks.at(-1)?.key ?? 0) + 1;
      this.#chunks.push({ key, text: line });
    }
  }

  async #rewrite(content: string): Promise<void> {
    const fresh = `${this.#path}.new`;
    const file = await open(fresh, 'w');
    try {
      await file.writeFile(content);
      await file.datasync(); // before the rename: a name must never point at what is not there
    } finally {
      await file.close();
    }
    await rename(fresh, this.#path);
    await this.#file?.close();
    this.#file = await open(this.#path, 'a+');
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(action);
    this.#queue = result.catch(() => {});
    return result;
  }
}

/** One process per file; the lock of a process that is gone counts for nothing. */
function takeLock(lock: string, path: string): void {
  try {
    const file = openSync(lock, 'wx');
    writeFileSync(file, String(process.pid));
    closeSync(file);
  } catch (error) {
    const owner = existsSync(lock) ? Number(readFileSync(lock, 'utf8')) : Number.NaN;
    if (owner !== process.pid && isAlive(owner)) {
      throw new StoreError('storage_in_use', `${path} is open in process ${owner}`, { cause: error });
    }
    writeFileSync(lock, String(process.pid));
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function parse(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}
