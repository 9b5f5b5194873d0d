import { parseDocument } from 'yaml';
import * as z from 'zod/mini';
import { ClairError } from '../kit/errors.ts';
import { limits } from '../kit/limits.ts';
import { nearest } from '../kit/nearest.ts';
import { oneLine } from '../kit/one-line.ts';
import { redact } from '../kit/redact.ts';
import { isSetting, isTable, type Section, type Setting, type Settings, type Table } from '../kit/setting.ts';
import { atLine, type ConfigFile, parseConfigFile } from './config-file.ts';
import type { AllSettings, Config } from './settings.ts';
import { isServiceAddress, strayVariables } from './stray-variables.ts';
import { variableOf } from './variable.ts';

/** Where settings come from. */
export interface ConfigInput {
  /** Everything that can be set. */
  readonly settings: AllSettings;
  /** The file as it is, and its name for messages. */
  readonly file?: { readonly name: string; readonly text: string };
  /** `CLAIR_API_PORT` counts before `api.port` of the file. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Variables that begin with `CLAIR_` and belong to options of the command line. */
  readonly optionVariables?: ReadonlySet<string>;
  /** Called with the variables that begin with `CLAIR_` and set nothing, if there are any. */
  readonly onUnknownVariables?: (names: readonly string[]) => void;
}

/** Reads all settings. Throws one `config-invalid` that lists everything that is wrong. */
export function readConfig({ settings, file, env, ...input }: ConfigInput): Config {
  const written = file && parseConfigFile(file.name, file.text, Object.keys(settings));
  const content = written?.content ?? {};
  const problems = [...(written?.problems ?? [])];
  const hasPlugins = isFilled(content, 'plugins') || env[variableOf(['plugins'])] !== undefined;
  const variables = new Set<string>();
  const lineOf = (path: readonly string[]): number | undefined => written?.lineOf(path);
  const reading = { path: [], env, hasPlugins, problems, variables, lineOf };
  const config = readSection(settings, content, reading);
  const stray = strayVariables(env, variables, input.optionVariables ?? new Set());
  problems.push(...stray.problems);
  refuse(problems, file?.name);
  if (stray.unknown.length > 0) input.onUnknownVariables?.(stray.unknown);
  return config as Config;
}

/** Throws if there are problems; those of variables alone are no fault of the file. */
function refuse(problems: readonly string[], file: string | undefined): void {
  if (problems.length === 0) return;
  const ofVariables = problems.every((problem) => problem.startsWith('CLAIR_'));
  const where = file === undefined || ofVariables ? 'the environment' : file;
  const lines = problems.map((problem) => `  ${problem}`).join('\n');
  throw new ClairError('config-invalid', `${where} cannot be used:\n${lines}`);
}

function isFilled(written: unknown, key: string): boolean {
  return typeof written === 'object' && written !== null && key in written;
}

interface Reading {
  readonly path: readonly string[];
  readonly env: ConfigInput['env'];
  /** They may bring what is named in a table. */
  readonly hasPlugins: boolean;
  readonly problems: string[];
  /** The variables of the settings that were looked for. */
  readonly variables: Set<string>;
  /** The line of a key in the file. */
  readonly lineOf: ConfigFile['lineOf'];
}

function readSection(section: Section, written: unknown, reading: Reading): Record<string, unknown> {
  const found = membersOf(written, reading);
  noteUnknown(found, Object.keys(section), reading);
  return Object.fromEntries(
    Object.entries(section).map(([key, entry]) => {
      const below = { ...reading, path: [...reading.path, key] };
      if (isSetting(entry)) return [key, readSetting(entry, found[key], below)];
      const value = found[key] ?? null;
      return [key, isTable(entry) ? readTable(entry, value, below) : readSection(entry, value, below)];
    }),
  );
}

/** What is written below a section; nothing where it is none. */
function membersOf(written: unknown, { path, problems, lineOf }: Reading): Readonly<Record<string, unknown>> {
  if (written !== null && (typeof written !== 'object' || Array.isArray(written))) {
    problems.push(
      `${atLine(lineOf(path))}${path.join('.') || 'clair'} is a section: write its settings below it`,
    );
    return {};
  }
  return (written ?? {}) as Readonly<Record<string, unknown>>;
}

function noteUnknown(found: object, known: readonly string[], { path, problems, lineOf }: Reading): void {
  for (const key of Object.keys(found)) {
    if (known.includes(key)) continue;
    problems.push(`${atLine(lineOf([...path, key]))}${unknownKey(key, known, path)}`);
  }
}

/** By the names that are written or that variables speak of, what is set of each. */
function readTable(
  { each, names }: Table<Settings>,
  written: unknown,
  reading: Reading,
): Record<string, Record<string, unknown>> {
  const found = membersOf(written, reading);
  if (names !== undefined && !reading.hasPlugins) noteUnknown(found, names, reading);
  return Object.fromEntries(
    [...new Set([...(names ?? []), ...Object.keys(found)])].flatMap((name) => {
      const below = { ...reading, path: [...reading.path, name] };
      const set = setMembers(each, membersOf(found[name] ?? null, below), below);
      return Object.keys(set).length === 0 ? [] : [[name, set]];
    }),
  );
}

function setMembers(
  each: Settings,
  found: Readonly<Record<string, unknown>>,
  reading: Reading,
): Record<string, unknown> {
  noteUnknown(found, Object.keys(each), reading);
  return Object.fromEntries(
    Object.entries(each).flatMap(([key, setting]) => {
      const below = { ...reading, path: [...reading.path, key] };
      const variable = variableOf(below.path);
      reading.variables.add(variable);
      const isSet = (found[key] ?? reading.env[variable]) !== undefined;
      return isSet ? [[key, readSetting(setting, found[key], below)]] : [];
    }),
  );
}

function unknownKey(key: string, known: readonly string[], path: readonly string[]): string {
  const meant = nearest(key, known);
  const at = [...path, key].join('.');
  return meant === undefined
    ? `there is no setting ${at}`
    : `there is no setting ${at}: did you mean ${[...path, meant].join('.')}?`;
}

function readSetting(setting: Setting<unknown>, written: unknown, reading: Reading): unknown {
  const { path, env, problems, variables, lineOf } = reading;
  const variable = variableOf(path);
  variables.add(variable);
  const fromEnv = valueIn(env, variable);
  const value = fromEnv === undefined ? written : parsedValue(setting, fromEnv);
  // An empty value in the file is one that is not set, as in Clair's own sample.
  if (value === undefined || value === null) return setting.fallback;
  const result = z.safeParse(setting.schema, value);
  if (result.success) return result.data;
  const name = fromEnv === undefined ? `${atLine(lineOf(path))}${path.join('.')}` : variable;
  const message = result.error.issues[0]?.message ?? '';
  const allowed = message.startsWith('takes') ? message : `takes ${setting.takes}`;
  problems.push(`${name} ${allowed}${setting.isSecret ? '' : `, not ${shownValue(fromEnv ?? value)}`}`);
  return setting.fallback;
}

/** The value of a variable, unless Kubernetes set it. */
function valueIn(env: ConfigInput['env'], variable: string): string | undefined {
  const value = env[variable];
  return value !== undefined && isServiceAddress(variable, value) ? undefined : value;
}

/** A wrong value in a message: on one line, of bounded length, and without credentials. */
function shownValue(value: unknown): string {
  return oneLine(redact(JSON.stringify(value)), limits.shownValueCharacters);
}

/** A list in the environment is separated by commas; anything but a text is read as YAML reads it. */
function parsedValue({ form }: Setting<unknown>, value: string): unknown {
  if (form === 'text') return value;
  if (form === 'list') return value === '' ? [] : value.split(',').map((word) => word.trim());
  try {
    return parseDocument(value, { version: '1.1' }).toJS({ maxAliasCount: limits.configAliases });
  } catch {
    // Not a value that YAML can express: the setting refuses the text itself.
    return value;
  }
}
