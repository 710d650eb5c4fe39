/** Files of the origin's private file system: who owned them last may still be letting go of them. */
import { StoreError } from '../../../errors.js';

const PATIENCE_MS = 10_000;
const PAUSE_MS = 50;

/** A name as one for a folder: of any length, and of letters that every file system takes. */
export async function digestOf(name: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(name));
  return [...new Uint8Array(digest, 0, 16)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Opens what the last owner had open: its lock may go a moment before its files do. */
export async function takenOver<T>(open: () => Promise<T>): Promise<T> {
  for (const end = performance.now() + PATIENCE_MS; ; ) {
    try {
      return await open();
    } catch (error) {
      if (!isHeld(error)) throw error;
      if (performance.now() > end) {
        throw new StoreError('storage_in_use', 'the store’s files are open elsewhere', { cause: error });
      }
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** Rejects as long as any file in a folder is open. */
export async function filesAreFree(path: string): Promise<void> {
  let folder = await navigator.storage.getDirectory();
  for (const name of path.split('/')) {
    const next = await folder.getDirectoryHandle(name).catch(() => null);
    if (next === null) return;
    folder = next;
  }
  await freeIn(folder);
}

async function freeIn(folder: FileSystemDirectoryHandle): Promise<void> {
  const opening: Promise<void>[] = [];
  for await (const handle of folder.values()) {
    if (handle instanceof FileSystemDirectoryHandle) opening.push(freeIn(handle));
    else opening.push(openAndClose(handle));
  }
  await Promise.all(opening);
}

/** Access handles are a worker's alone: the types of a page know nothing of them. */
interface Accessible {
  createSyncAccessHandle(): Promise<{ close(): void }>;
}

async function openAndClose(handle: FileSystemHandle): Promise<void> {
  if (isAccessible(handle)) (await handle.createSyncAccessHandle()).close();
}

function isAccessible(handle: object): handle is Accessible {
  return 'createSyncAccessHandle' in handle;
}

function isHeld(error: unknown): boolean {
  return error instanceof Error && error.name === 'NoModificationAllowedError';
}
