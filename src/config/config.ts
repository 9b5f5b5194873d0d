import { parseDocument } from 'yaml';
import * as z from 'zod/mini';
import { ClairError } from '../kit/errors.ts';
import { nearest } from './nearest.ts';
import { isSetting, type Section, type Setting } from './setting.ts';
import { type Config, settings } from './settings.ts';

/** Where settings come from. */
export interface ConfigInput {
  /** The file as it is, and its name for messages. */
  readonly file?: { readonly name: string; readonly text: string };
  /** `CLAIR_API_PORT` counts before `api.port` of the file. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Reads all settings. Throws one `config-invalid` that lists everything that is wrong. */
export function readConfig({ file, env }: ConfigInput): Config {
  const problems: string[] = [];
  const written = file === undefined ? {} : readFile(file.name, file.text);
  const config = readSection(settings, written, { path: [], env, problems });
  if (problems.length > 0) {
    const where = file === undefined ? 'the environment' : file.name;
    throw new ClairError(
      'config-invalid',
      `${where} cannot be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    );
  }
  return config as Config;
}

/** The content of `clair:`. YAML 1.1 with merge keys, as Go's parser reads it. */
function readFile(name: string, text: string): unknown {
  const document = parseDocument(text, { version: '1.1', merge: true, prettyErrors: true });
  const [error] = document.errors;
  if (error !== undefined) throw new ClairError('config-invalid', `${name} is no YAML: ${error.message}`);
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
  readonly problems: string[];
}

function readSection(section: Section, written: unknown, reading: Reading): Record<string, unknown> {
  const { path, problems } = reading;
  if (written !== null && (typeof written !== 'object' || Array.isArray(written))) {
    problems.push(`${path.join('.')} is a section: write its settings below it`);
    return {};
  }
  const found = (written ?? {}) as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(found))
    if (!Object.hasOwn(section, key)) problems.push(unknownKey(key, section, path));
  return Object.fromEntries(
    Object.entries(section).map(([key, entry]) => {
      const below = { ...reading, path: [...path, key] };
      return [
        key,
        isSetting(entry)
          ? readSetting(entry, found[key], below)
          : readSection(entry, found[key] ?? null, below),
      ];
    }),
  );
}

function unknownKey(key: string, section: Section, path: readonly string[]): string {
  const meant = nearest(key, Object.keys(section));
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
function parsedValue({ takes }: Setting<unknown>, value: string): unknown {
  if (takes === 'text') return value;
  if (takes === 'list of texts') return value === '' ? [] : value.split(',').map((word) => word.trim());
  return parseDocument(value, { version: '1.1' }).toJS();
}

/** The environment variable of a setting: `CLAIR_API_PORT`. */
export function variableOf(path: readonly string[]): string {
  return ['clair', ...path].join('_').toUpperCase();
}
