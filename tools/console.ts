/**
 * Builds the console into `dist/console`: one page, and scripts and styles with hashes in their names, each also compressed.
 *
 *     npm run console
 */
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build, type Metafile } from 'esbuild';
import { writeBundledLicenses } from './bundled-licenses.ts';

const directory = 'dist/console';
const entry = 'ui/src/main.tsx';

/** The sign of the console: a shield. */
const icon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path d="M16 2 4 7v8c0 8 5 13 12 15 7-2 12-7 12-15V7z" fill="#1f5fbf"/><path d="m10 16 4 4 8-9" fill="none" stroke="#fff" stroke-width="3"/></svg>';

rmSync(directory, { recursive: true, force: true });
mkdirSync(directory, { recursive: true });
const { metafile } = await build({
  entryPoints: [entry],
  outdir: directory,
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'browser',
  target: ['chrome111', 'firefox113', 'safari16.4'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  minify: true,
  legalComments: 'none',
  metafile: true,
});
writeBundledLicenses('console', [metafile]);
writeFileSync(join(directory, 'index.html'), pageWith(metafile));
for (const path of globSync(`${directory}/*.{html,js,css}`)) {
  const content = readFileSync(path);
  const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
  writeFileSync(`${path}.br`, brotliCompressSync(content, { params }));
  writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
}

/** Returns the page with the names of the script, of what it imports, and of the styles. */
function pageWith({ outputs }: Metafile): string {
  const [script, { cssBundle = '', imports } = { imports: [] }] =
    Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === entry) ?? [];
  if (script === undefined) throw new Error(`${entry} gave no script`);
  const early = imports.filter(({ kind }) => kind === 'import-statement').map(({ path }) => path);
  const place = (path: string): string => `/console/${basename(path)}`;
  return `${[
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    '<title>Clair</title>',
    `<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(icon)}">`,
    `<link rel="stylesheet" href="${place(cssBundle)}">`,
    ...early.map((path) => `<link rel="modulepreload" href="${place(path)}">`),
    `<script type="module" src="${place(script)}"></script>`,
    '</head>',
    '<body>',
    '<div id="app"></div>',
    '<noscript>The console needs JavaScript. The command <code>clair images --server URL</code> lists the same images.</noscript>',
    '</body>',
    '</html>',
  ].join('\n')}\n`;
}
