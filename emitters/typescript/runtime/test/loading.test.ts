/** The second chunk, where it does not come at first. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadSession } from '../src/client/loadSession.js';

const at = import.meta.resolve('../src/client/session.js').replace(/\.js$/, '.ts');
const failed = (address: string): Error => new TypeError(`error loading dynamically imported module: ${address}`);

describe('the second chunk', () => {
  it('is asked for under another spelling of its address once it failed, each time', async () => {
    const { Session: first } = await loadSession(undefined);
    const { Session: second } = await loadSession(failed(at));
    const { Session: third } = await loadSession(failed(`${at}#1`));
    assert.equal(new Set([first, second, third]).size, 3, 'a module of its own for each spelling');
  });

  it('is asked for as before where no address is known', async () => {
    const { Session: first } = await loadSession(undefined);
    for (const error of [undefined, new TypeError('Importing a module script failed.'), 'gone']) {
      assert.equal((await loadSession(error)).Session, first);
    }
  });
});
