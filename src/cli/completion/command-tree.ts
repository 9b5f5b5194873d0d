import type { Argument, Command, Option } from 'commander';
import { CliOption } from '../program/cli-option.ts';

/** A command as completion scripts see it. */
export interface CommandNode {
  /** The full name: `clair db update`. */
  readonly path: string;
  readonly name: string;
  readonly aliases: readonly string[];
  readonly description: string;
  readonly options: readonly OptionNode[];
  /** Permitted arguments; empty if any value is allowed. */
  readonly choices: readonly string[];
  readonly commands: readonly CommandNode[];
}

/** An option as completion scripts see it. */
export interface OptionNode {
  /** Names with their dashes: `--format`, `-f`. */
  readonly names: readonly string[];
  readonly description: string;
  /** The kind of value that follows the option. */
  readonly value: 'none' | 'choice' | 'file' | 'any';
  readonly choices: readonly string[];
}

/** Returns a command with its subcommands as a tree. */
export function commandTree(command: Command, above: readonly string[] = []): CommandNode {
  const names = [...above, command.name()];
  const help = command.createHelp();
  return {
    path: names.join(' '),
    name: command.name(),
    aliases: command.aliases(),
    description: command.description(),
    options: help.visibleOptions(command).map(optionNode),
    choices: command.registeredArguments.flatMap(({ argChoices = [] }: Argument) => argChoices),
    commands: command.commands.map((below) => commandTree(below, names)),
  };
}

/** Yields a command and its subcommands, parents first. */
export function* commandsOf(node: CommandNode): Generator<CommandNode> {
  yield node;
  for (const below of node.commands) yield* commandsOf(below);
}

/** Returns the words that may follow a command: subcommands, choices and options. */
export function completionsOf({ commands, options, choices }: CommandNode): string[] {
  return [
    ...commands.flatMap(({ name, aliases }) => [name, ...aliases]),
    ...choices,
    ...options.flatMap(({ names }) => names),
  ];
}

/** Returns whether a command accepts only the words of `completionsOf`, and no files. */
export function takesOnlyCompletions({ commands, choices }: CommandNode): boolean {
  return commands.length + choices.length > 0;
}

function optionNode(option: Option): OptionNode {
  const choices = option.argChoices ?? (option instanceof CliOption ? option.suggestions : []);
  const names = [option.long, option.short].flatMap((name) => name ?? []);
  return { names, description: option.description, value: valueKind(option, choices), choices };
}

function valueKind(option: Option, choices: readonly string[]): OptionNode['value'] {
  if (!option.required && !option.optional) return 'none';
  if (choices.length > 0) return 'choice';
  return /<(?:file|dir|report)\b/.test(option.flags) ? 'file' : 'any';
}
