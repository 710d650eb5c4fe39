import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';

/** The backend that `npm run dev` passes requests on to; the built page is served by the backend itself. */
const backend = 'http://127.0.0.1:8787';

/** What is no page: answers to these come from the network or not at all. Data is in the client's own store. */
const notThePage = [/^\/api\//, /^\/health$/, /^\/openapi\./];

export default defineConfig({
  plugins: [
    react(),
    VitePWA({
      // The page says that there is a newer one: it must not reload under a waiter's hands.
      registerType: 'prompt',
      manifest: {
        id: '/',
        name: 'Bistro',
        short_name: 'Bistro',
        description: 'Take orders at the table, with or without a network.',
        start_url: '/',
        display: 'standalone',
        background_color: '#f4f1ea',
        theme_color: '#1d5c46',
        icons: [
          { src: '/icon.svg', sizes: 'any', type: 'image/svg+xml' },
          { src: '/icon-192.png', sizes: '192x192', type: 'image/png' },
          { src: '/icon-512.png', sizes: '512x512', type: 'image/png' },
          { src: '/icon-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
        ],
      },
      workbox: {
        globPatterns: ['**/*.{js,css,html,svg,png}'],
        // The developer's panel is for whoever asks for it.
        globIgnores: ['**/panel-*.js'],
        navigateFallbackDenylist: notThePage,
        cleanupOutdatedCaches: true,
        clientsClaim: true,
      },
    }),
  ],
  build: {
    rolldownOptions: {
      // The client's modules do nothing by being there: a page that is loaded later takes what it alone needs of them with it.
      treeshake: { moduleSideEffects: [{ test: /\/src\/sync\//, sideEffects: false }] },
    },
  },
  server: { proxy: { '/api': { target: backend, ws: true } } },
});
