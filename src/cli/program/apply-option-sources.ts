import { type Command, CommanderError, type Option } from 'commander';
import { isReadElsewhere } from '../../config/unknown-variables.ts';
import { ClairError } from '../../core/errors.ts';
import { configurableOptions, type Environment, isRepeatable, variableOfOption } from './option-sources.ts';
import { OptionFileOption } from './run-options.ts';

/**
 * Sets the options that the command line lacks: from the environment, then from the file of `--config`. Throws `usage` or
 * `config-invalid` for invalid values and misspelt variables. Returns a promise only if there is a file to read or a variable to check.
 */
export function applyOptionSources(command: Command, env: Environment): Promise<void> | undefined {
  const options = configurableOptions(command);
  for (const option of options) applyVariable(command, option, env);
  const file: unknown = command.getOptionValue('config');
  if (options.length === 0) return undefined;
  const hasOthers = hasOtherVariables(options, env);
  if (!hasOthers && typeof file !== 'string') return undefined;
  return applyRest(command, { env: hasOthers ? env : undefined, file });
}

function hasOtherVariables(options: readonly Option[], env: Environment): boolean {
  const variables = new Set(options.map(variableOfOption));
  return Object.keys(env).some(
    (name) => name.startsWith('CLAIR_') && !variables.has(name) && !isReadElsewhere(name),
  );
}

/** Does the work that few commands need, with modules that are loaded for it. */
async function applyRest(
  command: Command,
  { env, file }: { readonly env: Environment | undefined; readonly file: unknown },
): Promise<void> {
  if (typeof file === 'string') await applyOptionFile(command, file);
  if (env === undefined) return;
  const { checkVariables } = await import('./check-variables.ts');
  checkVariables(command, env);
}

async function applyOptionFile(command: Command, file: string): Promise<void> {
  const { readOptionFile } = await import('./option-file.ts');
  const options = configurableOptions(command).filter((option) => !(option instanceof OptionFileOption));
  for (const { option, values, place } of await readOptionFile(file, command, options))
    if (!isExplicit(command, option)) applyValues(command, option, { values, place, source: 'config' });
}

function isExplicit(command: Command, option: Option): boolean {
  const source = command.getOptionValueSource(option.attributeName());
  return source !== undefined && source !== 'default';
}

function applyVariable(command: Command, option: Option, env: Environment): void {
  const place = variableOfOption(option);
  const text = env[place];
  // An empty variable counts as absent, because pipelines often pass empty ones.
  if (text === undefined || text === '' || isExplicit(command, option)) return;
  const values = isRepeatable(option) ? text.split(',').map((word) => word.trim()) : [text];
  applyValues(command, option, { values, place, source: 'env' });
}

/** The values of an option from the environment or a file. */
interface OptionValues {
  readonly values: readonly string[];
  /** The variable, or the line of the file, for messages. */
  readonly place: string;
  readonly source: 'env' | 'config';
}

function applyValues(command: Command, option: Option, { values, place, source }: OptionValues): void {
  const key = option.attributeName();
  if (!option.required && !option.optional) {
    const isSet = parseBoolean(values[0] ?? '', place);
    command.setOptionValueWithSource(key, option.negate ? !isSet : isSet, source);
    return;
  }
  const value = values.reduce<unknown>(
    (before, text) => parseOptionValue(option, text, { before, place }),
    undefined,
  );
  command.setOptionValueWithSource(key, value, source);
}

function parseOptionValue(
  option: Option,
  text: string,
  { before, place }: { readonly before: unknown; readonly place: string },
): unknown {
  try {
    return option.parseArg === undefined ? text : option.parseArg(text, before);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    throw new ClairError(
      'usage',
      `${place} has ${JSON.stringify(text)}, which --${option.name()} does not take. ${error.message}`,
    );
  }
}

function parseBoolean(text: string, place: string): boolean {
  if (/^(?:1|true|yes)$/i.test(text)) return true;
  if (/^(?:0|false|no)$/i.test(text)) return false;
  throw new ClairError('usage', `${place} has ${JSON.stringify(text)}: write true or false`);
}
