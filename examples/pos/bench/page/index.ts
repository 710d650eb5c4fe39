/** What the benchmark has the page do. */
import { toDom } from './screen.js';
import { batch, burst, fill, list, open, openBare, remote, saved } from './store.js';

const bench = { saved, burst, batch, remote, list, fill, open, openBare, toDom };

declare global {
  interface Window {
    readonly bench: typeof bench;
  }
}

Object.assign(window, { bench });
