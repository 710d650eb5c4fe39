/** The developer's panel, for whoever opens the page with `?devtools`. Nobody else downloads it. */
import { useEffect } from 'react';
import type { Sync } from './sync/index.js';

export function useDevtools(sync: Sync): void {
  useEffect(() => {
    if (!new URLSearchParams(location.search).has('devtools')) return;
    let end: (() => void) | null = null;
    let gone = false;
    void import('./sync/devtools/panel.js').then(({ mountDevtools }) => {
      if (gone) return;
      const devtools = mountDevtools(sync);
      end = () => devtools.close();
    });
    return () => {
      gone = true;
      end?.();
    };
  }, [sync]);
}
