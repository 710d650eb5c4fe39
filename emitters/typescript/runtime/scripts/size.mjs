// What the core and the IndexedDB adapter cost a page, without React: minified and gzipped.
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const KB = 1024;
/** What each must not outgrow: for the first path that is what the README promises. */
const limits = { 'first path': 15 * KB, everything: 28.2 * KB };

async function weigh(external) {
  const { outputFiles, metafile } = await build({
    stdin: {
      contents: "export { createSyncClient } from './src/client/sync.ts';",
      resolveDir: process.cwd(),
      loader: 'ts',
    },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    metafile: true,
    external,
  });
  const [output] = outputFiles;
  const [{ inputs }] = Object.values(metafile.outputs);
  const modules = new Map(Object.entries(inputs).map(([path, { bytesInOutput }]) => [path, bytesInOutput]));
  return { modules, minified: output.contents.length, gzip: gzipSync(output.contents, { level: 9 }).length };
}

// The first path is what a page loads before it shows what it holds and takes changes: all but what `import()` brings.
const figures = { 'first path': await weigh(['./session.js']), everything: await weigh([]) };
for (const [path, bytes] of figures.everything.modules) {
  const first = figures['first path'].modules.has(path) ? 'first' : 'later';
  console.log(`${String(bytes).padStart(7)}  ${first}  ${path}`);
}
for (const [name, { minified, gzip }] of Object.entries(figures)) {
  const [size, limit] = [gzip, limits[name]].map((bytes) => (bytes / KB).toFixed(1));
  console.log(`${name}: ${minified} bytes minified, ${size} KB gzipped (${gzip} B); limit ${limit}`);
  if (gzip > limits[name]) process.exitCode = 1;
}
