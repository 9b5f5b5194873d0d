import type { Command, Option } from 'commander';
import { CliOption } from './cli-option.ts';
import { OptionFileOption } from './run-options.ts';

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

/** Returns whether an option can occur several times. */
export function isRepeatable(option: Option): boolean {
  return option instanceof CliOption && option.isRepeatable;
}
