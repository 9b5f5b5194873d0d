#!/usr/bin/env node
import './require-node.ts';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { cacheDirectory } from './cli/environment.ts';
import { fixedAnswer } from './cli/fixed-answers.ts';
import { writeText } from './cli/output.ts';
import type { AddCommands } from './cli/program/program.ts';
import { resetV8Flags } from './cli/v8-flags.ts';
import { isReadElsewhere } from './config/unknown-variables.ts';
import { runCachedScript } from './kit/cached-script.ts';
import { hideSqliteWarning } from './kit/sqlite-warning.ts';
import type { main } from './main.ts';

/** A hash of the scripts, and the version of the program. `tools/bundle.ts` inserts them. */
declare const buildName: string;
declare const version: string;

/**
 * Loads packages with `require`, as all are CommonJS: on Node 22, `import()` of a CommonJS package can return an empty module. Imports
 * plugins, whose specifiers are file URLs.
 */
async function importModule(specifier: string): Promise<unknown> {
  return specifier.startsWith('file:') ? import(specifier) : createRequire(import.meta.url)(specifier);
}

/** A script of `tools/bundle.ts`: a function that takes the URL that its files are resolved against, and the module loader. */
type ProgramScript = (
  moduleUrl: string,
  importModule: (specifier: string) => Promise<unknown>,
) => { readonly main: typeof main; readonly addCommands: AddCommands };

/** Names of the command that has a script of its own, since it is run most and a large script takes long to load. */
const scanNames: ReadonlySet<string> = new Set(['scan', 'image']);

/** Exit statuses of commands that ran to completion, after which most of their code is compiled. */
const cachedAfterStatuses: ReadonlySet<number> = new Set([0, 1, 4]);

if (!writeFixedAnswer()) await runProgram();

/** Returns whether the command line asked for no more than a text that is known. If the text cannot be written, the program says why. */
function writeFixedAnswer(): boolean {
  try {
    const answer = fixedAnswer(process.argv.slice(2), { version, readHelp });
    if (answer === undefined) return false;
    writeText([answer]);
    return true;
  } catch {
    return false;
  }
}

function readHelp(): Record<string, string> {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'help.json'), 'utf8')) as Record<string, string>;
}

/** Whether all options of a command are in its arguments. A file or variables may also set those of other commands, which only the program with all commands knows. */
function knowsAllOptions(args: readonly string[]): boolean {
  const variables = Object.keys(process.env).filter((name) => name.startsWith('CLAIR_'));
  return !args.some((arg) => arg.startsWith('--config')) && variables.every(isReadElsewhere);
}

/** Caches compiled code between runs, separately for each command. This saves a third of the time of a short command. */
async function runProgram(): Promise<void> {
  hideSqliteWarning();
  const [command = '', ...rest] = process.argv.slice(2);
  const scriptName = scanNames.has(command) && knowsAllOptions(rest) ? 'scan' : 'main';
  const ofCommand = /^[a-z][a-z-]*$/.test(command) ? command : 'other';
  const name = [process.version, process.arch, scriptName, ofCommand].join('-');
  const file = join(import.meta.dirname, `${scriptName}.js`);
  const script = runCachedScript(file, join(cacheDirectory(), 'code', buildName, name));
  const program = (script.value as ProgramScript)(import.meta.url, importModule);
  await program.main(program.addCommands, buildName);
  const ran = typeof process.exitCode === 'number' && cachedAfterStatuses.has(process.exitCode);
  if (ran && !script.isSaved) {
    resetV8Flags();
    script.saveCache();
  }
  // All results are written. To free the memory of V8 piece by piece takes longer than to end.
  process.exit();
}
