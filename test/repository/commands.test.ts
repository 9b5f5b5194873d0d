import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { type Command, CommanderError } from 'commander';
import { loadExtensions } from '../../src/cli/load-extensions.ts';
import { createProgram } from '../../src/cli/program/program.ts';
import { filesLike } from './tree.ts';

/** A line that begins like a command: behind a prompt, another command, or by itself. */
const called = /(?:^|[|&;`] *|[A-Z_]+=\S+ )(?:\$ )?(?:bin\/)?clair (.+)$/;

/** Where what is told of a command begins, or another command. */
const endOfCommand = /\s{2,}.*$|\s*(?:\||&|;|>|`| # ).*$/;

interface Line {
  readonly place: string;
  readonly words: readonly string[];
}

/** The commands that stand in fences of pages. */
function linesOfPages(): Line[] {
  return filesLike('*.md', 'docs/**/*.md').flatMap(({ path, text }) =>
    Array.from(text.matchAll(/^```(?:sh|text|yaml|groovy)?\n([\s\S]*?)^```$/gm)).flatMap(([, block = '']) =>
      block.split('\n').flatMap((line) => lineOf(path, line.replace(/^ +(?:- )?(?:run: )?(?=clair )/, ''))),
    ),
  );
}

/** The examples that the help of a command gives. */
function linesOfHelp(command: Command): Line[] {
  let help = '';
  command.configureOutput({
    writeOut: (text) => {
      help += text;
    },
  });
  command.outputHelp();
  const [, examples = ''] = help.split(/^Examples?:$/m);
  const own = examples.split('\n').flatMap((line) => lineOf(`help of ${command.name()}`, line.trim()));
  return [...own, ...command.commands.flatMap(linesOfHelp)];
}

function lineOf(place: string, line: string): Line[] {
  const [, told] = called.exec(line) ?? [];
  if (told === undefined) return [];
  const words = told.replace(endOfCommand, '').match(/"[^"]*"|\S+/g) ?? [];
  if (words.length < 2) return [];
  // Synopses, what Clair 2 was told, and templates, which are read at once.
  if (words.some((word) => /^[A-Z]+$|…|^-(config|log-level)|^template=/.test(word))) return [];
  return [{ place, words }];
}

/** What is wrong with a line, in the words of the command itself, which is told not to do anything. */
function problemOf({ words }: Line, program: Command): string | undefined {
  doNothing(program);
  try {
    program.parse(words, { from: 'user' });
    return undefined;
  } catch (error) {
    return error instanceof CommanderError && error.exitCode === 0 ? undefined : String(error);
  }
}

function doNothing(command: Command): void {
  command.configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
  if (command.commands.length === 0) command.action(() => undefined);
  for (const below of command.commands) doNothing(below);
}

test('every command in the pages and in the help can be given', async () => {
  // With the format that the page of plugins makes.
  const example = resolve(import.meta.dirname, '../../examples/plugins/acme-lines.ts');
  await using loaded = await loadExtensions([example], '.');
  const program = (): Command => createProgram('', { loaded, pluginNames: [], run: async () => undefined });
  const lines = [...linesOfPages(), ...linesOfHelp(program())];
  assert.ok(lines.length > 100, `only ${lines.length} commands were found`);
  const problems = lines.flatMap((line) => {
    const problem = problemOf(line, program());
    return problem === undefined ? [] : [`${line.place}: clair ${line.words.join(' ')}: ${problem}`];
  });
  assert.deepEqual(problems, []);
});
