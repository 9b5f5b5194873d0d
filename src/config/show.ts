import { stringify } from 'yaml';
import { variableOf } from './config.ts';
import { isSetting, type Section, type Setting, writeDuration } from './setting.ts';
import { type Config, settings } from './settings.ts';

/** The settings in force as a file of their own; secrets are not shown. */
export function printConfig(config: Config): string {
  return stringify({ clair: shown(settings, config) });
}

/** Stands for a secret. */
const hidden = '(secret)';

type Values = Readonly<Record<string, unknown>>;

function shown(section: Section, values: Values): Values {
  return Object.fromEntries(
    Object.entries(section).map(([key, entry]) => [
      key,
      isSetting(entry) ? shownValue(entry, values[key]) : shown(entry, values[key] as Values),
    ]),
  );
}

function shownValue({ isSecret, takes }: Setting<unknown>, value: unknown): unknown {
  if (isSecret) return Array.isArray(value) ? value.map(() => hidden) : value === '' ? '' : hidden;
  return takes === 'duration' ? writeDuration(value as number) : value;
}

/** The reference of all settings, in Markdown. */
export function configReference(): string {
  const rows = rowsOf(settings, []).map(({ path, setting }) =>
    [
      `\`${path.join('.')}\``,
      setting.doc.replaceAll('|', '\\|'),
      setting.takes,
      defaultOf(setting),
      `\`${variableOf(path)}\``,
    ].join(' | '),
  );
  const head = ['setting', 'meaning', 'takes', 'default', 'environment'].join(' | ');
  return [`| ${head} |`, '| --- | --- | --- | --- | --- |', ...rows.map((row) => `| ${row} |`), ''].join(
    '\n',
  );
}

function rowsOf(
  section: Section,
  path: readonly string[],
): { path: readonly string[]; setting: Setting<unknown> }[] {
  return Object.entries(section).flatMap(([key, entry]) =>
    isSetting(entry) ? [{ path: [...path, key], setting: entry }] : rowsOf(entry, [...path, key]),
  );
}

function defaultOf({ fallback, takes }: Setting<unknown>): string {
  if (takes === 'duration') return writeDuration(fallback as number);
  if (fallback === '' || (Array.isArray(fallback) && fallback.length === 0)) return '';
  return String(fallback);
}
