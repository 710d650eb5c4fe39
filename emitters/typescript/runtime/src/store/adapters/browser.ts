/** What every store of a browser has in common: the origin's storage, and the ways in which it fails. */
import { StoreError } from '../../errors.js';

/** Asks that the origin's storage be kept when space runs short; says what was granted. */
export async function persistStorage(): Promise<boolean> {
  const manager = typeof navigator === 'undefined' ? undefined : navigator.storage;
  return (await manager?.persisted?.()) || (await manager?.persist?.()) || false;
}

/** What went wrong, as an error with a code. */
export function storeError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const { name, message } = error instanceof Error ? error : { name: '', message: 'the store failed' };
  const code = name === 'QuotaExceededError' ? 'storage_full' : 'storage_failed';
  return new StoreError(code, message || name, { cause: error });
}
