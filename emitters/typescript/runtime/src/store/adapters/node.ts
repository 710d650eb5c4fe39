/**
 * A durable store for Node: one append-only file per store.
 *
 * The file system is handed in, so that this file can lie in a project for browsers: no bundler finds `node:fs` here, and no compiler needs
 * Node's types. A line of the file is one transaction, closed by its newline: a torn last line was never acknowledged and is dropped. A
 * compaction writes a new file and renames it over the old one.
 */
import { StoreError } from '../../errors.js';
import { isRecord } from '../../schemas/validate.js';
import type { Chunk, Compaction, StoreAdapter, StoreContents, StoreFactory, Tail } from '../db.js';

/** The part of an open file that the store needs. */
export interface NodeFile {
  appendFile(data: string): Promise<unknown>;
  writeFile(data: string): Promise<unknown>;
  readFile(encoding: 'utf8'): Promise<string>;
  stat(): Promise<{ readonly size: number }>;
  truncate(length: number): Promise<unknown>;
  datasync(): Promise<unknown>;
  close(): Promise<unknown>;
}

/** The part of `node:fs/promises` that the store needs. */
export interface NodeFs {
  mkdir(path: string, options: { readonly recursive: true }): Promise<unknown>;
  open(path: string, flags: string): Promise<NodeFile>;
  rename(from: string, to: string): Promise<unknown>;
  rm(path: string, options: { readonly force: true }): Promise<unknown>;
}

/** Where stores are kept, and how safe each append is. */
export interface NodeStoreOptions {
  /** `import * as fs from 'node:fs/promises'`. */
  readonly fs: NodeFs;
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
  readonly shared = false;
  readonly #fs: NodeFs;
  readonly #folder: string;
  readonly #path: string;
  readonly #fsync: boolean;
  #file: NodeFile | null = null;
  #floor = 0;
  #chunks: Chunk[] = [];
  #snapshots = new Map<string, string>();
  #queue: Promise<unknown> = Promise.resolve();

  constructor({ fs, folder, fsync = false }: NodeStoreOptions, name: string) {
    const safe = name.replaceAll(/[^A-Za-z0-9_.-]/g, (char) => `%${char.codePointAt(0)?.toString(16)}`);
    this.#fs = fs;
    this.#folder = folder;
    this.#path = `${folder.replace(/[\\/]+$/, '')}/${safe}.log`;
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

  async persist(): Promise<boolean> {
    return true;
  }

  onLost(): void {}

  close(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#file?.close();
      if (this.#file !== null) await this.#fs.rm(`${this.#path}.lock`, { force: true });
      this.#file = null;
    });
  }

  async #open(): Promise<NodeFile> {
    if (this.#file !== null) return this.#file;
    try {
      await this.#fs.mkdir(this.#folder, { recursive: true });
      await this.#lock(`${this.#path}.lock`);
      const file = await this.#fs.open(this.#path, 'a+');
      await this.#read(file);
      this.#file = file;
      return file;
    } catch (error) {
      if (error instanceof StoreError) throw error;
      throw new StoreError('storage_failed', `cannot open ${this.#path}`, { cause: error });
    }
  }

  async #read(file: NodeFile): Promise<void> {
    const content = await file.readFile('utf8');
    const end = content.lastIndexOf('\n') + 1;
    if (end < content.length) await file.truncate(new TextEncoder().encode(content.slice(0, end)).length);
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
    const file = await this.#fs.open(fresh, 'w');
    try {
      await file.writeFile(content);
      await file.datasync(); // before the rename: a name must never point at what is not there
    } finally {
      await file.close();
    }
    await this.#fs.rename(fresh, this.#path);
    await this.#file?.close();
    this.#file = await this.#fs.open(this.#path, 'a+');
  }

  /** One process per file; the lock of a process that is gone counts for nothing. */
  async #lock(path: string): Promise<void> {
    const own = thisProcess()?.pid ?? 0;
    let file: NodeFile;
    try {
      file = await this.#fs.open(path, 'wx');
    } catch {
      file = await this.#fs.open(path, 'r+');
      const owner = Number(await file.readFile('utf8'));
      if (owner !== own && isAlive(owner)) {
        await file.close();
        throw new StoreError('storage_in_use', `${this.#path} is open in process ${owner}`);
      }
      await file.close();
      file = await this.#fs.open(path, 'w');
    }
    await file.writeFile(String(own));
    await file.close();
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(action);
    this.#queue = result.catch(() => {});
    return result;
  }
}

/** The part of Node's `process` that tells whether another one lives. */
interface ProcessLike {
  readonly pid: number;
  kill(pid: number, signal: 0): unknown;
}

function thisProcess(): ProcessLike | undefined {
  // Known by shape alone: a project for browsers has no types of Node.
  return (globalThis as unknown as { readonly process?: ProcessLike }).process;
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    thisProcess()?.kill(pid, 0);
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
