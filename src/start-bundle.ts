#!/usr/bin/env node
import './require-node.ts';
import { join } from 'node:path';
import { cacheDirectory } from './cli/cache-directory.ts';
import { collectAsUsual } from './cli/garbage.ts';
import { compiledScript } from './kit/compiled-script.ts';
import { hideSqliteWarning } from './kit/sqlite-warning.ts';
import type { main } from './main.ts';

/** A hash of main.js, which `tools/bundle.ts` puts here. */
declare const buildName: string;

/** What `tools/bundle.ts` makes of main.ts: a function of the place that its files lie beside, and of what imports modules for it. */
type Main = (
  moduleUrl: string,
  importModule: (specifier: string) => Promise<unknown>,
) => { readonly main: typeof main };

hideSqliteWarning();

// Compiled code is kept between runs, for each command apart, which takes a third off a short one.
const [command = ''] = process.argv.slice(2);
const name = [process.version, process.arch, /^[a-z][a-z-]*$/.test(command) ? command : 'other'].join('-');
const file = join(import.meta.dirname, 'main.js');
const script = compiledScript(file, join(cacheDirectory(), 'code', buildName, name));
await (script.value as Main)(import.meta.url, (specifier) => import(specifier)).main();
if (process.exitCode === 0 || process.exitCode === 1) {
  collectAsUsual();
  script.keep();
}
