import { parseDocument } from 'yaml';
import * as z from 'zod/mini';
import { ClairError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import {
  isSetting,
  isSettingsTable,
  type Setting,
  type Settings,
  type SettingsSection,
  type SettingsTable,
} from '../core/setting.ts';
import { closestMatch } from '../kit/closest-match.ts';
import { redact } from '../kit/redact.ts';
import { toSingleLine } from '../kit/untrusted-text.ts';
import { atLine, type ConfigFile, parseConfigFile } from './config-file.ts';
import type { AllSettings, Config } from './settings.ts';
import { findUnknownVariables, isServiceAddress } from './unknown-variables.ts';

/** A file of settings. */
export interface ConfigText {
  /** For messages. */
  readonly name: string;
  readonly text: string;
  /** Names of the files beside it that Clair v4 merges into its own file. */
  readonly dropIns?: readonly string[];
}

/** The sources of settings. */
export interface ConfigInput {
  /** All settings, by key. */
  readonly settings: AllSettings;
  readonly file?: ConfigText;
  /** The environment, which overrides the file: `CLAIR_API_PORT` before `api.port`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Variables that begin with `CLAIR_` and set options of the command line. */
  readonly optionVariables?: ReadonlySet<string>;
  /** Receives the keys of a file of Clair v4 that have no effect, each with the reason. Not called without such keys. */
  readonly onKeysWithoutEffect?: (notes: readonly string[]) => void;
  /** Called for a file of Clair v4. */
  readonly onClair4File?: () => void;
  /** Receives the variables that begin with `CLAIR_` and set nothing. Not called without such variables. */
  readonly onUnknownVariables?: (names: readonly string[]) => void;
}

/** Reads all settings. Throws one `config-invalid` that lists all problems. */
export function readConfig({ settings, file, env, ...input }: ConfigInput): Config {
  const namesPlugins = env[variableOf(['plugins'])] !== undefined;
  const sources = namesPlugins ? undefined : settings.updater.sources.names;
  const parsedFile =
    file && parseConfigFile(file.name, file.text, { sections: Object.keys(settings), sources });
  const content = parsedFile?.content ?? {};
  const problems = problemsOf(file, parsedFile);
  const hasPlugins = hasKey(content, 'plugins') || namesPlugins;
  const variables = new Set<string>();
  const lineOf = (path: readonly string[]): number | undefined => parsedFile?.lineOf(path);
  const context = { path: [], env, hasPlugins, problems, variables, lineOf };
  const config = readSection(settings, content, context);
  const unknownVariables = findUnknownVariables(env, {
    known: variables,
    ...(input.optionVariables && { others: input.optionVariables }),
    noun: 'setting',
  });
  problems.push(...unknownVariables.problems);
  throwIfAny(problems, file?.name);
  announce(parsedFile?.notes, input.onKeysWithoutEffect);
  announce(unknownVariables.unknown, input.onUnknownVariables);
  if (parsedFile?.isClair4 === true) input.onClair4File?.();
  return config as Config;
}

/** Returns the problems of the file as a whole. */
function problemsOf({ dropIns = [] }: Partial<ConfigText> = {}, parsed: ConfigFile | undefined): string[] {
  if (parsed === undefined) return [];
  return [...parsed.problems, ...(parsed.isClair4 ? dropIns.map(dropInText) : [])];
}

/** A server without such a file might be open to all clients. */
function dropInText(name: string): string {
  return `${name} is not read, unlike in Clair v4: write its settings into the file itself, and remove it`;
}

/** Passes texts to a receiver, if there are any. */
function announce(
  texts: readonly string[] = [],
  receiver: (texts: readonly string[]) => void = () => undefined,
): void {
  if (texts.length > 0) receiver(texts);
}

/** Throws if there are problems. Names the environment instead of the file if only variables are wrong. */
function throwIfAny(problems: readonly string[], file: string | undefined): void {
  if (problems.length === 0) return;
  const ofVariables = problems.every((problem) => problem.startsWith('CLAIR_'));
  const where = file === undefined || ofVariables ? 'the environment' : file;
  const lines = problems.map((problem) => `  ${problem}`).join('\n');
  throw new ClairError('config-invalid', `${where} cannot be used:\n${lines}`);
}

function hasKey(content: unknown, key: string): boolean {
  return typeof content === 'object' && content !== null && key in content;
}

interface ReadContext {
  readonly path: readonly string[];
  readonly env: ConfigInput['env'];
  /** Whether plugins are configured, which may add names to a table. */
  readonly hasPlugins: boolean;
  readonly problems: string[];
  /** The variables of all settings that were read so far. */
  readonly variables: Set<string>;
  /** Returns the line of a key in the file. */
  readonly lineOf: ConfigFile['lineOf'];
}

function readSection(
  section: SettingsSection,
  fileValue: unknown,
  context: ReadContext,
): Record<string, unknown> {
  const found = membersOf(fileValue, context);
  addUnknownKeys(found, Object.keys(section), context);
  return Object.fromEntries(
    Object.entries(section).map(([key, entry]) => {
      const below = { ...context, path: [...context.path, key] };
      if (isSetting(entry)) return [key, readSetting(entry, found[key], below)];
      const value = found[key] ?? null;
      return [
        key,
        isSettingsTable(entry) ? readTable(entry, value, below) : readSection(entry, value, below),
      ];
    }),
  );
}

/** Returns the members of a section. Reports a problem and returns no members if the value is not a section. */
function membersOf(
  fileValue: unknown,
  { path, problems, lineOf }: ReadContext,
): Readonly<Record<string, unknown>> {
  if (fileValue !== null && (typeof fileValue !== 'object' || Array.isArray(fileValue))) {
    problems.push(
      `${atLine(lineOf(path))}${path.join('.') || 'clair'} is a section: write its settings below it`,
    );
    return {};
  }
  return (fileValue ?? {}) as Readonly<Record<string, unknown>>;
}

function addUnknownKeys(
  found: object,
  known: readonly string[],
  { path, problems, lineOf }: ReadContext,
): void {
  for (const key of Object.keys(found)) {
    if (known.includes(key)) continue;
    problems.push(`${atLine(lineOf([...path, key]))}${unknownKeyText(key, known, path)}`);
  }
}

/** Returns the settings of each entry that the file or a variable sets, by name. */
function readTable(
  { each, names }: SettingsTable<Settings>,
  fileValue: unknown,
  context: ReadContext,
): Record<string, Record<string, unknown>> {
  const found = membersOf(fileValue, context);
  if (names !== undefined && !context.hasPlugins) addUnknownKeys(found, names, context);
  return Object.fromEntries(
    [...new Set([...(names ?? []), ...Object.keys(found)])].flatMap((name) => {
      const below = { ...context, path: [...context.path, name] };
      const set = setMembers(each, membersOf(found[name] ?? null, below), below);
      return Object.keys(set).length === 0 ? [] : [[name, set]];
    }),
  );
}

function setMembers(
  each: Settings,
  found: Readonly<Record<string, unknown>>,
  context: ReadContext,
): Record<string, unknown> {
  addUnknownKeys(found, Object.keys(each), context);
  return Object.fromEntries(
    Object.entries(each).flatMap(([key, setting]) => {
      const below = { ...context, path: [...context.path, key] };
      const variable = variableOf(below.path);
      context.variables.add(variable);
      const isSet = (found[key] ?? context.env[variable]) !== undefined;
      return isSet ? [[key, readSetting(setting, found[key], below)]] : [];
    }),
  );
}

function unknownKeyText(key: string, known: readonly string[], path: readonly string[]): string {
  const meant = closestMatch(key, known);
  const at = [...path, key].join('.');
  return meant === undefined
    ? `there is no setting ${at}`
    : `there is no setting ${at}: did you mean ${[...path, meant].join('.')}?`;
}

function readSetting(setting: Setting<unknown>, fileValue: unknown, context: ReadContext): unknown {
  const { path, env, problems, variables, lineOf } = context;
  const variable = variableOf(path);
  variables.add(variable);
  const fromEnv = valueIn(env, variable);
  const value = fromEnv === undefined ? fileValue : parsedValue(setting, fromEnv);
  // An empty value in the file counts as absent, as in Clair's own sample.
  if (value === undefined || value === null) return setting.fallback;
  const result = z.safeParse(setting.schema, value);
  if (result.success) return result.data;
  const name = fromEnv === undefined ? `${atLine(lineOf(path))}${path.join('.')}` : variable;
  const message = result.error.issues[0]?.message ?? '';
  const allowed = message.startsWith('takes') ? message : `takes ${setting.accepts}`;
  problems.push(`${name} ${allowed}${setting.isSecret ? '' : `, not ${shownValue(fromEnv ?? value)}`}`);
  return setting.fallback;
}

/** Returns the value of a variable, unless Kubernetes set it. */
function valueIn(env: ConfigInput['env'], variable: string): string | undefined {
  const value = env[variable];
  return value !== undefined && isServiceAddress(variable, value) ? undefined : value;
}

/** Renders an invalid value for a message: on one line, of bounded length, and without credentials. */
function shownValue(value: unknown): string {
  return toSingleLine(redact(JSON.stringify(value)), limits.shownValueCharacters);
}

/** Parses the value of a variable: a list at its commas, a text verbatim, everything else as YAML. */
function parsedValue({ form }: Setting<unknown>, value: string): unknown {
  if (form === 'text') return value;
  if (form === 'list') return value === '' ? [] : value.split(',').map((word) => word.trim());
  try {
    return parseDocument(value, { version: '1.1' }).toJS({ maxAliasCount: limits.configAliases });
  } catch {
    // The text is not YAML, so the schema of the setting refuses it.
    return value;
  }
}

/** Returns the environment variable of a setting: `CLAIR_API_PORT` for `api.port`. */
export function variableOf(path: readonly string[]): string {
  return ['clair', ...path].join('_').replaceAll('-', '_').toUpperCase();
}
