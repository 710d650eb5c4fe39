/**
 * Keeps the page itself, so that a tablet can be started where there is no network. Data is none of its business: that is in the
 * client's own store, and no request to the API passes through here.
 */
const CACHE = 'bistro-page';
/** A network that is there and does not answer must not keep the page from coming up. */
const PATIENCE_MS = 2000;

self.addEventListener('install', (event) => {
  event.waitUntil(fetchPage().then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(self.clients.claim());
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== self.location.origin || pathname.startsWith('/api/')) return;
  if (request.mode === 'navigate') event.respondWith(page(event));
  else event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)));
});

/** The newest page where it comes in time, else the one that was kept. */
async function page(event) {
  const fresh = fetchPage();
  event.waitUntil(fresh.catch(() => {}));
  const late = new Promise((_, reject) => setTimeout(reject, PATIENCE_MS, new Error('late')));
  try {
    return await Promise.race([fresh, late]);
  } catch {
    return (await caches.match('/')) ?? fresh;
  }
}

/** Fetches the page with all that it names, and keeps these and nothing else. */
async function fetchPage() {
  const answer = await fetch('/', { cache: 'no-cache' });
  if (!answer.ok) throw new Error(`the page: ${answer.status}`);
  const html = await answer.clone().text();
  const named = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path);
  const cache = await caches.open(CACHE);
  const kept = new Map((await cache.keys()).map((request) => [new URL(request.url).pathname, request]));
  await cache.addAll(named.filter((path) => !kept.has(path)));
  await cache.put('/', answer.clone());
  for (const [path, request] of kept) if (path !== '/' && !named.includes(path)) await cache.delete(request);
  return answer;
}
