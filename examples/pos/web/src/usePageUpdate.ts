/** The page itself is kept by a service worker, so that it comes up without a network. A newer one waits until it is asked for. */
import { useRegisterSW } from 'virtual:pwa-register/react';

const LOOK_EVERY_MS = 60 * 60_000;

/** Whether a newer page is there, and how to go over to it. */
export function usePageUpdate(): { readonly isThere: boolean; readonly load: () => void } {
  const {
    needRefresh: [isThere],
    updateServiceWorker,
  } = useRegisterSW({
    onRegisteredSW: (_url, registration) => {
      // A tablet on the wall is never reloaded: it looks by itself.
      if (registration !== undefined) setInterval(() => registration.update().catch(() => {}), LOOK_EVERY_MS);
    },
    onRegisterError: (error: unknown) => console.warn('no offline start:', error),
  });
  return { isThere, load: () => void updateServiceWorker(true) };
}
