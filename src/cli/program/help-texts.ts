import type { Command } from 'commander';
import { builtIn } from '../../extensions.ts';
import { addAllCommands } from './all-commands.ts';
import { createProgram } from './program.ts';

/** Returns the help of each command, by its path: the program itself has the path ''. Lines have at most 80 characters. */
export function helpTexts(version: string): Record<string, string> {
  const loaded = {
    extensions: builtIn,
    plugins: [],
    analyzers: [],
    [Symbol.asyncDispose]: async () => undefined,
  };
  const program = createProgram(version, { loaded, pluginNames: [], run: () => undefined }, addAllCommands);
  return Object.fromEntries(
    [...commandsBelow(program, [])].map(([path, command]) => [path, helpOf(command)]),
  );
}

function* commandsBelow(command: Command, path: readonly string[]): Generator<[string, Command]> {
  yield [path.join(' '), command];
  for (const below of command.commands) yield* commandsBelow(below, [...path, below.name()]);
}

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
    getOutHelpWidth: () => 80,
  });
  command.outputHelp();
  return text;
}
