import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Command } from 'commander';
import { loadExtensions } from '../load-extensions.ts';
import { addAllCommands } from './all-commands.ts';
import { commandCounterparts, optionCounterparts, withCounterpart } from './counterparts.ts';
import { createProgram } from './program.ts';

await using loaded = await loadExtensions([], process.cwd());
const program = createProgram('0', { loaded, pluginNames: [], run: () => undefined }, addAllCommands);
const commands = [program, ...program.commands, ...program.commands.flatMap((each) => each.commands)];
const flags = new Set(commands.flatMap(({ options }) => options.flatMap(({ long, short }) => [long, short])));

function isCommand(words: readonly string[], below: Command = program): boolean {
  const [name, ...rest] = words;
  if (name === undefined) return true;
  const found = below.commands.find((each) => each.name() === name || each.aliases().includes(name));
  return found !== undefined && (found.commands.length === 0 || isCommand(rest, found));
}

test('advises only options and commands that clair has', () => {
  for (const [typed, advice] of [
    ...Object.entries(optionCounterparts),
    ...Object.entries(commandCounterparts),
  ]) {
    for (const [flag] of advice.matchAll(/--?[a-z][a-z-]*/g))
      if (/(?:^|\s)$/.test(advice.slice(0, advice.indexOf(flag))))
        assert.ok(flags.has(flag), `${typed}: ${flag}`);
    for (const [, words = ''] of advice.matchAll(/\bclair ((?:[a-z]+ ?)+)/g))
      if (!/^(?:finds|reads|does)\b/.test(words))
        assert.ok(isCommand(words.trim().split(' ').slice(0, 2)), `${typed}: clair ${words}`);
  }
});

test('has no counterpart for an option of clair scan, or for a command of clair', () => {
  const own = program.commands[0]?.options.map(({ long }) => long) ?? [];
  assert.ok(own.includes('--fail-on'));
  assert.deepEqual(
    Object.keys(optionCounterparts).filter((flag) => own.includes(flag)),
    [],
  );
  assert.deepEqual(
    Object.keys(commandCounterparts).filter((name) => isCommand([name])),
    [],
  );
});

test('leaves an error unchanged when it names nothing of another scanner', () => {
  for (const error of [
    "clair: unknown option '--severty'\n(Did you mean --severity?)\n",
    "clair: unknown option '--constructor'\n",
    "clair: unknown command 'toString'\n",
    'clair: missing required argument\n',
  ])
    assert.equal(withCounterpart(error), error);
});
