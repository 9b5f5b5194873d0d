import { parseDocument } from 'yaml';
import * as z from 'zod/mini';
import { ClairError } from '../kit/errors.ts';
import { nearest } from '../kit/nearest.ts';
import { isSetting, isTable, type Section, type Setting, type Settings, type Table } from '../kit/setting.ts';
import type { AllSettings, Config } from './settings.ts';
import { variableOf } from './variable.ts';

/** Where settings come from. */
export interface ConfigInput {
  /** Everything that can be set. */
  readonly settings: AllSettings;
  /** The file as it is, and its name for messages. */
  readonly file?: { readonly name: string; readonly text: string };
  /** `CLAIR_API_PORT` counts before `api.port` of the file. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Reads all settings. Throws one `config-invalid` that lists everything that is wrong. */
export function readConfig({ settings, file, env }: ConfigInput): Config {
  const problems: string[] = [];
  const written = file === undefined ? {} : readFile(file.name, file.text);
  const hasPlugins = isFilled(written, 'plugins') || env[variableOf(['plugins'])] !== undefined;
  const config = readSection(settings, written, { path: [], env, hasPlugins, problems });
  if (problems.length > 0) {
    const where = file === undefined ? 'the environment' : file.name;
    throw new ClairError(
      'config-invalid',
      `${where} cannot be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    );
  }
  return config as Config;
}

function isFilled(written: unknown, key: string): boolean {
  return typeof written === 'object' && written !== null && key in written;
}

/** The content of `clair:`. YAML 1.1 with merge keys, as Go's parser reads it. */
function readFile(name: string, text: string): unknown {
  const document = parseDocument(text, { version: '1.1', merge: true, prettyErrors: true });
  const [error] = document.errors;
  if (error !== undefined) {
    // Below its first line the message shows lines of the file, where secrets may be.
    const [problem = ''] = error.message.split(/:?\n/);
    throw new ClairError('config-invalid', `${name} is no YAML: ${problem}`);
  }
  const root = z.safeParse(
    z.nullable(z.object({ clair: z.optional(z.nullable(z.unknown())) })),
    document.toJS(),
  );
  if (!root.success) throw new ClairError('config-invalid', `${name} has to begin with the key clair:`);
  return root.data?.clair ?? {};
}

interface Reading {
  readonly path: readonly string[];
  readonly env: ConfigInput['env'];
  /** They may bring what is named in a table. */
  readonly hasPlugins: boolean;
  readonly problems: string[];
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
function membersOf(written: unknown, { path, problems }: Reading): Readonly<Record<string, unknown>> {
  if (written !== null && (typeof written !== 'object' || Array.isArray(written))) {
    problems.push(`${path.join('.')} is a section: write its settings below it`);
    return {};
  }
  return (written ?? {}) as Readonly<Record<string, unknown>>;
}

function noteUnknown(found: object, known: readonly string[], { path, problems }: Reading): void {
  for (const key of Object.keys(found)) if (!known.includes(key)) problems.push(unknownKey(key, known, path));
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
      const isSet = (found[key] ?? reading.env[variableOf(below.path)]) !== undefined;
      return isSet ? [[key, readSetting(setting, found[key], below)]] : [];
    }),
  );
}

function unknownKey(key: string, known: readonly string[], path: readonly string[]): string {
  const meant = nearest(key, known);
  const at = [...path, key].join('.');
  return meant === undefined
    ? `there is no setting ${at}`
    : `there is no setting ${at}; is ${[...path, meant].join('.')} meant?`;
}

function readSetting(setting: Setting<unknown>, written: unknown, { path, env, problems }: Reading): unknown {
  const variable = variableOf(path);
  const fromEnv = env[variable];
  const value = fromEnv === undefined ? written : parsedValue(setting, fromEnv);
  // An empty value in the file is one that is not set, as in Clair's own sample.
  if (value === undefined || value === null) return setting.fallback;
  const result = z.safeParse(setting.schema, value);
  if (result.success) return result.data;
  const said = result.error.issues[0]?.message ?? `takes ${setting.takes}`;
  problems.push(
    `${fromEnv === undefined ? path.join('.') : variable} ${said.startsWith('takes') ? said : `takes ${setting.takes}`}`,
  );
  return setting.fallback;
}

/** A list in the environment is separated by commas; anything but a text is read as YAML reads it. */
function parsedValue({ form }: Setting<unknown>, value: string): unknown {
  if (form === 'text') return value;
  if (form === 'list') return value === '' ? [] : value.split(',').map((word) => word.trim());
  return parseDocument(value, { version: '1.1' }).toJS();
}
