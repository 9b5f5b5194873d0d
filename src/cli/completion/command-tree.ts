import type { Argument, Command, Option } from 'commander';
import { CliOption } from '../program/cli-option.ts';

/** What a shell completes of a command. */
export interface CommandNode {
  /** The names from the program on: `clair db update`. */
  readonly path: string;
  readonly name: string;
  readonly aliases: readonly string[];
  readonly description: string;
  readonly options: readonly OptionNode[];
  /** What the arguments may be, where that is a closed list. */
  readonly choices: readonly string[];
  readonly commands: readonly CommandNode[];
}

/** What a shell completes of an option. */
export interface OptionNode {
  /** With their dashes: `--format`, `-f`. */
  readonly names: readonly string[];
  readonly description: string;
  /** Whether a value follows: not at all, one of a list, a file, or anything. */
  readonly value: 'none' | 'choice' | 'file' | 'any';
  readonly choices: readonly string[];
}

/** A command and all below it. */
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

/** A command and all below it, the uppermost first. */
export function* commandsOf(node: CommandNode): Generator<CommandNode> {
  yield node;
  for (const below of node.commands) yield* commandsOf(below);
}

/** The words that may follow a command, other than values. */
export function completionsOf({ commands, options, choices }: CommandNode): string[] {
  return [
    ...commands.flatMap(({ name, aliases }) => [name, ...aliases]),
    ...choices,
    ...options.flatMap(({ names }) => names),
  ];
}

/** Whether nothing but its words may follow a command. */
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
