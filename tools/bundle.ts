import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { resolve } from 'node:path';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';
import { helpTexts } from '../src/cli/program/help-texts.ts';
import { programVersion } from '../src/cli/program-version.ts';
import { writeBundledLicenses } from './bundled-licenses.ts';

/**
 * Loads the built-in modules of Node with `process.getBuiltinModule` instead of an import. An ES import of `node:fs` or `node:util`
 * touches every export, and thereby loads streams, text decoders and more. This way, only used exports are touched. Heavy modules are
 * loaded at the first use of a function or constant: a scan of uncompressed layers needs no heavy module.
 */
const builtinsOnDemand: Plugin = {
  name: 'builtins-on-demand',
  setup(bundle) {
    bundle.onResolve({ filter: /^[a-z]/ }, ({ path, kind }) => {
      if (!isBuiltin(path)) return undefined;
      const namespace = kind === 'require-call' ? 'builtin-required' : 'builtin';
      return { path, namespace, sideEffects: false };
    });
    bundle.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: builtinModule(path),
      loader: 'js',
    }));
    // CommonJS packages may call a module that is a function.
    bundle.onLoad({ filter: /.*/, namespace: 'builtin-required' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
      loader: 'js',
    }));
  },
};

/** Name the files that came into each bundle. */
const metafiles: Metafile[] = [];

/** Packages of many small modules, with the exports in use. */
const flatPackages: Readonly<Record<string, readonly string[]>> = {
  commander: ['Argument', 'Command', 'CommanderError', 'InvalidArgumentError', 'Option'],
  kysely: [
    ...['CompiledQuery', 'Kysely', 'sql'],
    ...['PostgresAdapter', 'PostgresIntrospector', 'PostgresQueryCompiler'],
    ...['OperatorNode', 'PrimitiveValueListNode', 'expressionBuilder'],
    ...['SqliteAdapter', 'SqliteIntrospector', 'SqliteQueryCompiler'],
  ],
};

/**
 * Bundles each of these packages into one module. Every module that is imported on demand gets a wrapper, which takes time at each
 * start; kysely alone has 250. For a name that is not listed above, esbuild reports a missing export.
 */
const flat: Plugin = {
  name: 'flat',
  setup(bundle) {
    const filter = new RegExp(`^(?:${Object.keys(flatPackages).join('|')})$`);
    bundle.onResolve({ filter }, ({ path }) => ({ path, namespace: 'flat', sideEffects: false }));
    bundle.onLoad({ filter: /.*/, namespace: 'flat' }, async ({ path }) => ({
      contents: await oneModule(path, flatPackages[path] ?? []),
      loader: 'js',
    }));
  },
};

/** Leaves out the messages of zod in sixty languages. Only an unused export has them, and they were evaluated at each start. */
const withoutLanguages: Plugin = {
  name: 'without-languages',
  setup(bundle) {
    bundle.onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({ contents: 'export {};' }));
  },
};

/** Puts a module of the tests in the place of the reader of layers, if `CLAIR_TEST_PARTS` is set: `src/testing/forced-parts.ts`. */
const forcedParts: Plugin = {
  name: 'forced-parts',
  setup(bundle) {
    const path = resolve('src/testing/forced-parts.ts');
    bundle.onResolve({ filter: /\/layer-reader\.ts$/ }, ({ importer }) =>
      importer === path ? undefined : { path },
    );
  },
};

async function oneModule(name: string, exported: readonly string[]): Promise<string> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: `export { ${exported.join(', ')} } from '${name}';`, resolveDir: process.cwd() },
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    target: 'node22.22',
  });
  metafiles.push(metafile);
  return outputFiles.map(({ text }) => text).join('');
}

const heavy = new Set([
  'node:async_hooks',
  'node:child_process',
  'node:crypto',
  'node:dns',
  'node:fs/promises',
  'node:module',
  'node:net',
  'node:readline',
  'node:stream/promises',
  'node:timers/promises',
  'node:tls',
  'node:v8',
  'node:worker_threads',
  'node:zlib',
]);

function builtinModule(path: string): string {
  const load = `process.getBuiltinModule(${JSON.stringify(path)})`;
  const exported = Object.entries(process.getBuiltinModule(path) ?? {}).filter(
    ([name]) => /^[A-Za-z]\w*$/.test(name) && name !== 'default',
  );
  const isLazy = (value: unknown): boolean => heavy.has(path) && typeof value === 'function';
  // Such as the streams of `node:fs`. A package may only ask whether a value is one of them, by `instanceof`.
  const isLoadedByUse = (name: string, value: unknown): boolean =>
    typeof value === 'function' &&
    Object.getOwnPropertyDescriptor(process.getBuiltinModule(path), name)?.get !== undefined;
  const lines = exported.map(([name, value]) =>
    isLoadedByUse(name, value)
      ? `export const ${name} = /* @__PURE__ */ new Proxy(function () {}, { get: (_, key) => ${load}.${name}[key], apply: (_, self, args) => Reflect.apply(${load}.${name}, self, args), construct: (_, args) => new (${load}.${name})(...args) });`
      : isLazy(value)
        ? `export const ${name} = function (...args) { return new.target ? new (${load}.${name})(...args) : ${load}.${name}(...args); };`
        : heavy.has(path) && name === 'constants'
          ? `export const ${name} = /* @__PURE__ */ new Proxy({}, { get: (_, key) => ${load}.${name}[key] });`
          : `export const ${name} = /* @__PURE__ */ take("${name}");`,
  );
  const whole = heavy.has(path) ? `new Proxy({}, { get: (_, name) => ${load}[name] })` : load;
  return `const take = (name) => ${load}[name];\nexport default ${whole};\n${lines.join('\n')}`;
}

/**
 * Returns the published database that the command uses by default, and its root of trust: `CLAIR_BUILD_PLACE`, a place of `--from`, and
 * `CLAIR_BUILD_ROOT`, the file of a root document. Without them, the advisories come from the vendors.
 */
function builtInPlace(): Record<string, string> {
  const { CLAIR_BUILD_PLACE: place = '', CLAIR_BUILD_ROOT: root = '' } = process.env;
  if ((place === '') !== (root === '')) throw new Error('set both CLAIR_BUILD_PLACE and CLAIR_BUILD_ROOT');
  return {
    builtInPlace: JSON.stringify(place),
    builtInRoot: JSON.stringify(root === '' ? '' : readFileSync(root, 'base64')),
  };
}

/**
 * Bundles the command into one script, which evaluates modules on demand if they are imported on demand. Bundles one script per worker
 * thread, and a small script that starts the command.
 */
rmSync('dist/bin', { recursive: true, force: true });
const options: BuildOptions = {
  bundle: true,
  platform: 'node',
  target: 'node22.22',
  format: 'esm',
  minify: true,
  // The texts of the licences are in dist/licenses.
  legalComments: 'none',
  // They read files in their own directories, and only the server loads them.
  external: ['@grpc/*', 'grpc-health-check'],
  plugins: [
    ...(process.env['CLAIR_TEST_PARTS'] === undefined ? [] : [forcedParts]),
    ...[builtinsOnDemand, flat, withoutLanguages],
  ],
};
const scripts = [
  await bundleCommands('main', 'addAllCommands', 'all-commands'),
  await bundleCommands('scan', 'addScan', 'scan-command'),
];
await bundle({
  entryPoints: [
    'src/feed-worker.ts',
    'src/inflate-worker.ts',
    'src/layer-worker.ts',
    'src/parser-worker.ts',
    'src/plugin-worker.ts',
  ],
});
await bundle({
  entryPoints: { clair: 'src/start-bundle.ts' },
  // An old Node must be able to parse it, to print that it is too old.
  target: 'node14.8',
  define: {
    buildName: JSON.stringify(createHash('sha256').update(scripts.join('')).digest('hex').slice(0, 16)),
    version: JSON.stringify(programVersion),
  },
});
writeFileSync('dist/bin/help.json', JSON.stringify(helpTexts(programVersion)));
writeBundledLicenses('command', metafiles);

/** Bundles the program with the commands that a function of `cli/program` adds into `NAME.js`. Returns the script. */
async function bundleCommands(name: string, addCommands: string, file: string): Promise<string> {
  await bundle({
    stdin: {
      contents: `export { main } from './src/main.ts'; export { ${addCommands} as addCommands } from './src/cli/program/${file}.ts';`,
      resolveDir: process.cwd(),
    },
    outfile: `dist/bin/${name}.js`,
    // A script, unlike a module, can cache the code that was compiled while it ran.
    format: 'cjs',
    define: { 'import.meta.url': 'moduleUrl', ...builtInPlace() },
    banner: { js: '((moduleUrl, importModule) => { const module = {};' },
    footer: { js: 'return module.exports; })' },
  });
  // The remaining imports are of external modules; a script needs a function to import them. No text of the program has `import(`.
  const script = readFileSync(`dist/bin/${name}.js`, 'utf8').replaceAll(/\bimport\(/g, 'importModule(');
  writeFileSync(`dist/bin/${name}.js`, script);
  return script;
}

async function bundle(own: BuildOptions): Promise<void> {
  const { metafile } = await build({
    ...options,
    ...(own.outfile === undefined && { outdir: 'dist/bin' }),
    ...own,
    metafile: true,
  });
  metafiles.push(metafile);
}
