import type { Command, Option } from 'commander';
import { CliOption } from './cli-option.ts';
import { OptionFileOption } from './run-options.ts';

/** Options that stand on the command line alone. */
const commandLineOnly: ReadonlySet<string> = new Set(['help', 'version']);

/** Klar, which some pipelines still have the variables of, takes a severity from `CLAIR_OUTPUT`. */
const variableOverrides: Readonly<Record<string, string>> = { output: 'CLAIR_OUTPUT_FILE' };

/** The variable of an option: `CLAIR_FAIL_ON`. */
export function variableOfOption(option: Option): string {
  const name = option.name();
  return variableOverrides[name] ?? `CLAIR_${name.replaceAll('-', '_').toUpperCase()}`;
}

/** The options of a command that a variable or a file may give; none where it takes them from the command line alone. */
export function configurableOptions(command: Command): readonly Option[] {
  const isConfigurable = command.options.some((option) => option instanceof OptionFileOption);
  return isConfigurable ? command.options.filter((option) => !commandLineOnly.has(option.name())) : [];
}

/** Whether an option may be given several times. */
export function isRepeatable(option: Option): boolean {
  return option instanceof CliOption && option.isRepeatable;
}
