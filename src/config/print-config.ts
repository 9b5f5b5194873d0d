import { stringify } from 'yaml';
import {
  isSetting,
  isSettingsTable,
  type Setting,
  type Settings,
  type SettingsSection,
  writeDuration,
} from '../core/setting.ts';
import { redacted, redactUrl } from '../kit/redact.ts';
import type { Config } from './settings.ts';

/** Returns the effective settings as a configuration file in YAML, with secrets masked. */
export function printConfig(config: Config, settings: SettingsSection): string {
  return stringify({ clair: shown(settings, config) });
}

type Values = Readonly<Record<string, unknown>>;

function shown(section: SettingsSection, values: Values): Values {
  return Object.fromEntries(
    Object.entries(section).map(([key, entry]) => [
      key,
      isSetting(entry)
        ? shownValue(entry, values[key])
        : isSettingsTable(entry)
          ? shownTable(entry.each, values[key] as Readonly<Record<string, Values>>)
          : shown(entry, values[key] as Values),
    ]),
  );
}

/** Returns the settings of each entry that are set. */
function shownTable(each: Settings, values: Readonly<Record<string, Values>>): Values {
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

function shownValue({ isSecret, form }: Setting<unknown>, value: unknown): unknown {
  if (isSecret) return Array.isArray(value) ? value.map(() => redacted) : value === '' ? '' : redacted;
  if (form === 'duration') return writeDuration(value as number);
  if (Array.isArray(value)) return value.map((one) => redactUrl(String(one)));
  return typeof value === 'string' ? redactUrl(value) : value;
}
