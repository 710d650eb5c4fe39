import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The backend that `npm run dev` passes requests on to; the built page is served by the backend itself. */
const backend = 'http://127.0.0.1:8787';

export default defineConfig({
  plugins: [react()],
  server: { proxy: { '/api': { target: backend, ws: true } } },
});
