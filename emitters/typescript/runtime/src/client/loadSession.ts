/** The client's second chunk, by `import()`. */

type Module = typeof import('./session.js');

let attempts = 0;

/**
 * Loads it. After a failure, at the address that the error names in another spelling: many browsers remember of an address that a module
 * could not be had from it, for as long as the page lives. What stands after the `#` is no part of the request.
 */
export function loadSession(failed: unknown): Promise<Module> {
  const [address] = /(https?|file):[^\s#]+/.exec(String(failed)) ?? [];
  if (address === undefined) return import('./session.js');
  attempts += 1;
  return import(/* @vite-ignore */ /* webpackIgnore: true */ `${address}#${attempts}`);
}
