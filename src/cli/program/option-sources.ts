import type { Command, Option } from 'commander';
import { CliOption } from './cli-option.ts';
import { OptionFileOption } from './run-options.ts';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Options that only the command line can set. */
const commandLineOnly: ReadonlySet<string> = new Set(['help', 'version']);

/** Variables with another name than their option. Klar, whose variables some pipelines still set, reads a severity from `CLAIR_OUTPUT`. */
const variableOverrides: Readonly<Record<string, string>> = { output: 'CLAIR_OUTPUT_FILE' };

/** Returns the environment variable of an option: `CLAIR_FAIL_ON`. */
export function variableOfOption(option: Option): string {
  const name = option.name();
  return variableOverrides[name] ?? `CLAIR_${name.replaceAll('-', '_').toUpperCase()}`;
}

/** Returns the options of a command that a variable or a file can set; empty if only the command line can. */
export function configurableOptions(command: Command): readonly Option[] {
  const isConfigurable = command.options.some((option) => option instanceof OptionFileOption);
  return isConfigurable ? command.options.filter((option) => !commandLineOnly.has(option.name())) : [];
}

/** Returns the variables that set options of a command or its subcommands. */
export function variablesOfCommands(command: Command): ReadonlySet<string> {
  const below = command.commands.flatMap((subcommand) => [...variablesOfCommands(subcommand)]);
  return new Set([...configurableOptions(command).map(variableOfOption), ...below]);
}

/** Returns whether an option can occur several times. */
export function isRepeatable(option: Option): boolean {
  return option instanceof CliOption && option.isRepeatable;
}

/** Returns the variables of the options of a command and its subcommands: `CLAIR_LOG_LEVEL` for `--log-level`. */
export function variablesOfOptions(command: Command): ReadonlySet<string> {
  const own = command.options.flatMap(({ long, envVar }) => {
    const name = long?.replace(/^--/, '') ?? '';
    return [name, name.replace(/^no-/, '')].map(variableOf).concat(envVar ?? []);
  });
  return new Set([...own, ...command.commands.flatMap((below) => [...variablesOfOptions(below)])]);
}

function variableOf(option: string): string {
  return `CLAIR_${option.replaceAll('-', '_').toUpperCase()}`;
}
