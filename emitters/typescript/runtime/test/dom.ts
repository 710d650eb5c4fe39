/** A document for React, while the tests of a file run. */
import { after, before } from 'node:test';
import { Window } from 'happy-dom';

export function withDocument(): void {
  const globals: Record<string, unknown> = {};
  before(() => {
    const window = new Window();
    for (const [key, value] of Object.entries({ window, document: window.document, IS_REACT_ACT_ENVIRONMENT: true })) {
      globals[key] = Reflect.get(globalThis, key);
      Reflect.set(globalThis, key, value);
    }
  });
  after(() => {
    for (const [key, value] of Object.entries(globals)) Reflect.set(globalThis, key, value);
  });
}
