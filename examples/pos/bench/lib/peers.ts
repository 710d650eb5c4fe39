/** What this client is held against that has an engine and a tree of dependencies of its own: `peers/`, as files for a browser. */
import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { basename, join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import type { Files } from './browser.js';

const folder = join(import.meta.dirname, '../peers');

/** What the engines fetch from beside their scripts. */
const assets = [
  '@livestore/wa-sqlite/dist/wa-sqlite.wasm',
  '@electric-sql/pglite/dist/pglite.wasm',
  '@electric-sql/pglite/dist/pglite.data',
  '@electric-sql/pglite/dist/initdb.wasm',
];

/** What a library imports where it finds itself in Node is empty in a browser. */
const nothingOfNode: Plugin = {
  name: 'nothing-of-node',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^(node:)?(${builtinModules.join('|')})$`) }, ({ path }) => ({
      path,
      namespace: 'node',
    }));
    onLoad({ filter: /.*/, namespace: 'node' }, () => ({ contents: 'module.exports = {}' }));
  },
};

/** The pages `/livestore` and `/seed`, and all that they need. */
export async function peers(): Promise<Files> {
  const { outputFiles } = await build({
    entryPoints: {
      livestore: join(folder, 'livestore.tsx'),
      'livestore.worker': join(folder, 'livestore.worker.ts'),
      // By its file: its package says that its modules do nothing by being imported, and bundlers leave them out.
      'livestore.shared': join(
        folder,
        'node_modules/@livestore/adapter-web/dist/web-worker/shared-worker/make-shared-worker.js',
      ),
      seed: join(folder, 'seed.tsx'),
    },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    outdir: '/',
    write: false,
    jsx: 'automatic',
    define: {
      'process.env.NODE_ENV': '"production"',
      'import.meta.env': '{"DEV":false,"PROD":true,"SSR":false}',
    },
    alias: Object.fromEntries(['react', 'react-dom'].map((name) => [name, join(folder, 'node_modules', name)])),
    plugins: [nothingOfNode],
    logLevel: 'error',
  });
  return new Map<string, string | Uint8Array>([
    ...outputFiles.map(({ path, text }) => [`/${basename(path)}`, text] as const),
    ...assets.map((asset) => [`/${basename(asset)}`, readFileSync(join(folder, 'node_modules', asset))] as const),
  ]);
}
