/** What the platform says of network and attention; silent where there is no page. */
import { isOnline } from './status.js';

export interface PlatformListener {
  readonly online: (online: boolean) => void;
  /** The user came back to the page. */
  readonly front: () => void;
  /** The page may be about to go. */
  readonly hide: () => void;
  /** The page is stopped as it stands, or goes on. */
  readonly frozen: (frozen: boolean) => void;
}

/** The page this runs in, if there is one. */
export class Platform {
  #ends: (() => void)[] = [];
  #listener: PlatformListener | null = null;
  #unplugged = false;

  /** Whether there may be a network: false is certain, true is not. */
  get online(): boolean {
    return !this.#unplugged && isOnline();
  }

  /** Whether nobody can see the page. */
  get hidden(): boolean {
    return typeof document !== 'undefined' && document.visibilityState === 'hidden';
  }

  listen(listener: PlatformListener): void {
    this.#listener = listener;
    if (typeof window !== 'undefined' && typeof window.addEventListener === 'function') {
      this.#on(window, 'online', () => listener.online(this.online));
      this.#on(window, 'offline', () => listener.online(false));
      this.#on(window, 'focus', listener.front);
      // Gone, or kept to come back to: either way it does nothing any more.
      this.#on(window, 'pagehide', () => listener.frozen(true));
      this.#on(window, 'pageshow', (event) => {
        if ('persisted' in event && event.persisted === true) listener.frozen(false);
      });
    }
    if (typeof document !== 'undefined') {
      this.#on(document, 'visibilitychange', () => {
        if (this.hidden) listener.hide();
        else listener.front();
      });
      this.#on(document, 'freeze', () => listener.frozen(true));
      this.#on(document, 'resume', () => listener.frozen(false));
    }
  }

  /** Has the page do without a network, or go back to what there is. */
  unplug(unplugged: boolean): void {
    this.#unplugged = unplugged;
    this.#listener?.online(this.online);
  }

  close(): void {
    this.#listener = null;
    for (const end of this.#ends) end();
    this.#ends = [];
  }

  #on(target: EventTarget, event: string, action: (event: Event) => void): void {
    target.addEventListener(event, action);
    this.#ends.push(() => target.removeEventListener(event, action));
  }
}
