/** As much of `node:assert/strict` as the laws of the store need, for a page. */
import { equal as same } from '../../src/materializers/utils.js';

function fail(message: string): never {
  throw new Error(message);
}

export default {
  ok(actual: unknown, message = `is ${String(actual)}`): void {
    if (!actual) fail(message);
  },
  throws(act: () => unknown, kind: abstract new (...given: never[]) => unknown): void {
    try {
      act();
    } catch (error) {
      if (error instanceof kind) return;
      fail(`threw ${String(error)}`);
    }
    fail('threw nothing');
  },
  equal(actual: unknown, expected: unknown, what = ''): void {
    if (!Object.is(actual, expected)) fail(`${what} ${String(actual)} is not ${String(expected)}`);
  },
  notEqual(actual: unknown, expected: unknown): void {
    if (Object.is(actual, expected)) fail(`is ${String(actual)}`);
  },
  deepEqual(actual: unknown, expected: unknown, what = ''): void {
    if (!same(actual, expected)) fail(`${what} ${JSON.stringify(actual)} is not ${JSON.stringify(expected)}`);
  },
};
