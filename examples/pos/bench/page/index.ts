/** What the benchmark has the page do. */
import { toDom } from './screen.js';
import { burst, fill, open, saved } from './store.js';

const bench = { saved, burst, fill, open, toDom };

declare global {
  interface Window {
    readonly bench: typeof bench;
  }
}

Object.assign(window, { bench });
