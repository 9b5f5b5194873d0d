#!/usr/bin/env node
import './require-node.ts';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { cacheDirectory } from './cli/cache-directory.ts';
import { resetGcFlags } from './cli/gc-tuning.ts';
import { runCachedScript } from './kit/cached-script.ts';
import { hideSqliteWarning } from './kit/sqlite-warning.ts';
import type { main } from './main.ts';

/** A hash of main.js, which `tools/bundle.ts` puts here. */
declare const buildName: string;

/**
 * Packages are required, all of them being CommonJS: on Node 22, import() of one can answer an empty module.
 * Plugins come as URLs of files and are imported.
 */
async function importModule(specifier: string): Promise<unknown> {
  return specifier.startsWith('file:') ? import(specifier) : createRequire(import.meta.url)(specifier);
}

/** What `tools/bundle.ts` makes of main.ts: a function of the place that its files lie beside, and of what imports modules for it. */
type Main = (
  moduleUrl: string,
  importModule: (specifier: string) => Promise<unknown>,
) => { readonly main: typeof main };

/** Exit statuses of commands that did their work, so that most of their code was compiled. */
const cachedAfterStatuses: ReadonlySet<number> = new Set([0, 1, 4]);

hideSqliteWarning();

// Compiled code is kept between runs, for each command apart, which takes a third off a short one.
const [command = ''] = process.argv.slice(2);
const name = [process.version, process.arch, /^[a-z][a-z-]*$/.test(command) ? command : 'other'].join('-');
const file = join(import.meta.dirname, 'main.js');
const script = runCachedScript(file, join(cacheDirectory(), 'code', buildName, name));
await (script.value as Main)(import.meta.url, importModule).main();
if (typeof process.exitCode === 'number' && cachedAfterStatuses.has(process.exitCode)) {
  resetGcFlags();
  script.saveCache();
}
