import { stringify } from 'yaml';
import { variableOf } from './config.ts';
import { isSetting, isTable, type Section, type Setting, writeDuration } from './setting.ts';
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
      isSetting(entry)
        ? shownValue(entry, values[key])
        : isTable(entry)
          ? shownTable(entry.each, values[key] as Readonly<Record<string, Values>>)
          : shown(entry, values[key] as Values),
    ]),
  );
}

/** Of each thing, what is set. */
function shownTable(
  each: Readonly<Record<string, Setting<unknown>>>,
  values: Readonly<Record<string, Values>>,
): Values {
  return Object.fromEntries(
    Object.entries(values).map(([name, own]) => [
      name,
      Object.fromEntries(
        Object.entries(each).flatMap(([key, setting]) =>
          key in own ? [[key, shownValue(setting, own[key])]] : [],
        ),
      ),
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
  return Object.entries(section).flatMap(([key, entry]) => {
    if (isSetting(entry)) return [{ path: [...path, key], setting: entry }];
    if (!isTable(entry)) return rowsOf(entry, [...path, key]);
    // Whatever is not set of one thing is as it is for all.
    return rowsOf(entry.each, [...path, key, '<name>']).map(({ path: place, setting }) => ({
      path: place,
      setting: { ...setting, fallback: '' },
    }));
  });
}

function defaultOf({ fallback, takes }: Setting<unknown>): string {
  if (fallback === '' || (Array.isArray(fallback) && fallback.length === 0)) return '';
  if (takes === 'duration') return writeDuration(fallback as number);
  return String(fallback);
}
