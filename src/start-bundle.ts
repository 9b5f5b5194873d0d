#!/usr/bin/env node
import './require-node.ts';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { cacheDirectory } from './cli/environment.ts';
import { resetV8Flags } from './cli/v8-flags.ts';
import { runCachedScript } from './kit/cached-script.ts';
import { hideSqliteWarning } from './kit/sqlite-warning.ts';
import type { main } from './main.ts';

/** A hash of main.js. `tools/bundle.ts` inserts it. */
declare const buildName: string;

/**
 * Loads packages with `require`, as all are CommonJS: on Node 22, `import()` of a CommonJS package can return an empty module. Imports
 * plugins, whose specifiers are file URLs.
 */
async function importModule(specifier: string): Promise<unknown> {
  return specifier.startsWith('file:') ? import(specifier) : createRequire(import.meta.url)(specifier);
}

/** The function that `tools/bundle.ts` builds from main.ts. It takes the URL that its files are resolved against, and the module loader. */
type Main = (
  moduleUrl: string,
  importModule: (specifier: string) => Promise<unknown>,
) => { readonly main: typeof main };

/** Exit statuses of commands that ran to completion, after which most of their code is compiled. */
const cachedAfterStatuses: ReadonlySet<number> = new Set([0, 1, 4]);

hideSqliteWarning();

// Caches compiled code between runs, separately for each command. This saves a third of the time of a short command.
const [command = ''] = process.argv.slice(2);
const name = [process.version, process.arch, /^[a-z][a-z-]*$/.test(command) ? command : 'other'].join('-');
const file = join(import.meta.dirname, 'main.js');
const script = runCachedScript(file, join(cacheDirectory(), 'code', buildName, name));
await (script.value as Main)(import.meta.url, importModule).main(buildName);
if (typeof process.exitCode === 'number' && cachedAfterStatuses.has(process.exitCode)) {
  resetV8Flags();
  script.saveCache();
}
