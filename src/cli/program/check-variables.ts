import type { Command } from 'commander';
import { isVariableOfSection } from '../../config/settings.ts';
import { findUnknownVariables } from '../../config/unknown-variables.ts';
import { ClairError } from '../../core/errors.ts';
import type { ConsoleOptions } from '../progress.ts';
import { warn } from '../warn.ts';
import { type Environment, variablesOfCommands } from './option-sources.ts';

/** Variables of the documented pipelines, and of Klar and clair-scanner, whose pipelines may still set them. */
const otherVariables: ReadonlySet<string> = new Set([
  'CLAIR_ADDR',
  'CLAIR_OUTPUT',
  'CLAIR_PACKAGE',
  'CLAIR_THRESHOLD',
  'CLAIR_URL',
]);

/**
 * Throws `usage` if a variable resembles that of an option: it would be ignored, and with it a gate such as `CLAIR_FAIL_ON`. Warns of
 * other variables that begin with `CLAIR_` and set nothing. The server checks the variables of its own settings.
 */
export function checkVariables(command: Command, env: Environment): void {
  const candidates = Object.entries(env).filter(
    ([name]) => !isVariableOfSection(name) && !otherVariables.has(name),
  );
  const { problems, unknown } = findUnknownVariables(Object.fromEntries(candidates), {
    known: variablesOfCommands(rootOf(command)),
    noun: 'option',
  });
  if (problems.length > 0) throw new ClairError('usage', problems.join('; '));
  const options: ConsoleOptions = command.opts();
  for (const name of unknown) warn(`${name} sets no option, so it has no effect`, options);
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}
