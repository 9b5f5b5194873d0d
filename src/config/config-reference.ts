import { isSetting, isTable, type Section, type Setting, writeDuration } from '../kit/setting.ts';
import { variableOf } from './variable.ts';

/** The reference of all settings, in Markdown. */
export function configReference(settings: Section): string {
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

function defaultOf({ fallback, form }: Setting<unknown>): string {
  if (fallback === '' || (Array.isArray(fallback) && fallback.length === 0)) return '';
  if (form === 'duration') return writeDuration(fallback as number);
  return String(fallback);
}
