/** As much of `node:assert/strict` as the laws of the store need, for a page. */
import { equal as same } from '../../src/materializers/utils.js';

function fail(message: string): never {
  throw new Error(message);
}

export default {
  equal(actual: unknown, expected: unknown): void {
    if (!Object.is(actual, expected)) fail(`${String(actual)} is not ${String(expected)}`);
  },
  notEqual(actual: unknown, expected: unknown): void {
    if (Object.is(actual, expected)) fail(`is ${String(actual)}`);
  },
  deepEqual(actual: unknown, expected: unknown): void {
    if (!same(actual, expected)) fail(`${JSON.stringify(actual)} is not ${JSON.stringify(expected)}`);
  },
};
