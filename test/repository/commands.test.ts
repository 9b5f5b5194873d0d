import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { type Command, CommanderError } from 'commander';
import { loadExtensions } from '../../src/cli/load-extensions.ts';
import { addAllCommands } from '../../src/cli/program/all-commands.ts';
import { createProgram } from '../../src/cli/program/program.ts';
import { filesLike, textOf } from './tree.ts';

/** Matches a command line: after a prompt, after another command, or on its own. */
const called = /(?:^|[|&;`] *|[A-Z_]+=\S+ )(?:\$ )?(?:bin\/)?clair (.+)$/;

/** Matches the start of a description of a command, or of another command. */
const endOfCommand = /\s{2,}.*$|\s*(?:\||&|;|>|`| # ).*$/;

interface Line {
  readonly place: string;
  readonly words: readonly string[];
}

/** Returns the commands in code blocks of pages. */
function linesOfPages(): Line[] {
  return filesLike('*.md', 'docs/**/*.md').flatMap(({ path, text }) =>
    Array.from(text.matchAll(/^```(?:sh|text|yaml|groovy)?\n([\s\S]*?)^```$/gm)).flatMap(([, block = '']) =>
      block.split('\n').flatMap((line) => lineOf(path, line.replace(/^ +(?:- )?(?:run: )?(?=clair )/, ''))),
    ),
  );
}

/** Returns the examples in the help of a command. */
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
  const [, call] = called.exec(line) ?? [];
  if (call === undefined) return [];
  const words = call.replace(endOfCommand, '').match(/"[^"]*"|\S+/g) ?? [];
  if (words.length < 2) return [];
  // Skips synopses, Clair's own options, and templates, which are read at once.
  if (words.some((word) => /^[A-Z]+$|…|^-(config|conf|log-level)|^template=/.test(word))) return [];
  return [{ place, words }];
}

/** Returns the error of a line in the command's own text. The command runs no action. */
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

test('accepts every command in the pages and in the help', async () => {
  // With the format that the plugins page defines.
  const example = resolve(import.meta.dirname, '../../examples/plugins/acme-lines.ts');
  await using loaded = await loadExtensions([example], '.');
  const program = (): Command =>
    createProgram('', { loaded, pluginNames: [], run: () => undefined }, addAllCommands);
  const lines = [...linesOfPages(), ...linesOfHelp(program())];
  assert.ok(lines.length > 100, `only ${lines.length} commands were found`);
  const problems = lines.flatMap((line) => {
    const problem = problemOf(line, program());
    return problem === undefined ? [] : [`${line.place}: clair ${line.words.join(' ')}: ${problem}`];
  });
  assert.deepEqual(problems, []);
});

test('git ignores every file that the commands of a page write into the checkout', () => {
  const pages = filesLike('docs/*.md').filter(({ text }) => text.includes('examples/image.tar'));
  assert.ok(pages.length > 3);
  const written = pages.flatMap(({ path, text }) =>
    Array.from(text.matchAll(/^(?:bin\/)?clair .*examples\/image\.tar.*$/gm), ([line]) =>
      [...line.matchAll(/ (?:--output|-o|--db|>) ([\w.-]+)/g)].map(([, file = '']) => ({ path, file })),
    ).flat(),
  );
  assert.ok(written.some(({ file }) => file === 'report.json'));
  const ignored = textOf('.gitignore')
    .split('\n')
    .filter((line) => line.startsWith('/'))
    .map((line) => new RegExp(`^${line.slice(1).replaceAll('.', '\\.').replaceAll('*', '.*')}$`));
  const tracked = written.filter(({ file }) => !ignored.some((pattern) => pattern.test(file)));
  assert.deepEqual(tracked, []);
});
