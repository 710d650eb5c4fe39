/** The steps of an upcast: how a payload or state of an older version is read as the next. What is no object stays as it is. */
import { SyncError } from '../errors.js';
import { isRecord } from './validate.js';

/** A key has another name; where the new one is there already, nothing is done. */
export function renameKey(value: unknown, from: string, to: string): unknown {
  if (!isRecord(value) || !Object.hasOwn(value, from) || Object.hasOwn(value, to)) return value;
  const { [from]: moved, ...rest } = value;
  return { ...rest, [to]: moved };
}

/** A key that is missing gets a value. */
export function defaultKey(value: unknown, key: string, missing: unknown): unknown {
  return isRecord(value) && !Object.hasOwn(value, key) ? { ...value, [key]: missing } : value;
}

/** Nothing leads from this version to the next: what is of it is kept and not folded. */
export function unreadable(version: number): never {
  throw new SyncError('unsupported_schema_version', `version ${version} cannot be read`);
}
