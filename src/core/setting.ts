import * as z from 'zod/mini';
import { durationMs } from './duration.ts';

/** One setting: its schema, its default and its documentation. */
export interface Setting<T> {
  readonly kind: 'setting';
  readonly schema: z.ZodMiniType<T>;
  readonly fallback: T;
  /** The description in the reference. `accepts` describes the valid values. */
  readonly doc: string;
  readonly accepts: string;
  /** The notation. A duration is a number here and text in a file. A list is separated by commas in an environment variable. */
  readonly form: 'text' | 'list' | 'duration' | 'plain';
  /** Whether the value is never shown or logged. */
  readonly isSecret: boolean;
}

/** Settings of things that the author of the configuration names. Unset settings of a thing are absent. */
export interface SettingsTable<S> {
  readonly kind: 'table';
  readonly each: S;
  /** The allowed names. If absent, any name is allowed. */
  readonly names?: readonly string[];
}

/** An entry of a section. */
export type SettingsEntry = Setting<unknown> | SettingsTable<Settings> | SettingsSection;

/** Settings by their names. */
export type Settings = Readonly<Record<string, Setting<unknown>>>;

/** Settings and sections by their names. */
export interface SettingsSection {
  readonly [name: string]: SettingsEntry;
}

/** The values of a section. */
export type ValuesOf<S> = {
  readonly [K in keyof S]: S[K] extends Setting<infer T>
    ? T
    : S[K] extends SettingsTable<infer E>
      ? Readonly<Record<string, Partial<ValuesOf<E>>>>
      : ValuesOf<S[K]>;
};

/** Returns whether an entry is a setting. */
export function isSetting(entry: SettingsEntry): entry is Setting<unknown> {
  return entry['kind'] === 'setting';
}

/** Returns whether an entry is a table. */
export function isSettingsTable(entry: SettingsEntry): entry is SettingsTable<Settings> {
  return entry['kind'] === 'table';
}

/** Creates a table whose entries each have these settings. */
export function table<S extends Settings>(each: S): SettingsTable<S> {
  return { kind: 'table', each };
}

/** Creates a setting that takes text. The default is empty. */
export function string(doc: string, fallback = ''): Setting<string> {
  return { ...makeSetting(z.string(), fallback, { doc, accepts: 'text' }), form: 'text' };
}

/** Creates a setting that takes text and is never shown or logged. */
export function secretString(doc: string): Setting<string> {
  return { ...string(doc), isSecret: true };
}

/** Creates a setting that takes an integer of at least `least`. */
export function integer(doc: string, fallback: number, least = 0): Setting<number> {
  const message = `takes a whole number from ${least} on`;
  const schema = z.int(message).check(z.minimum(least, message));
  return makeSetting(schema, fallback, { doc, accepts: `whole number from ${least}` });
}

/** Creates a setting that takes a TCP port. 0 means any free port. */
export function port(doc: string, fallback: number): Setting<number> {
  const message = 'takes a port from 0 to 65535';
  const schema = z.int(message).check(z.minimum(0, message), z.maximum(65_535, message));
  return makeSetting(schema, fallback, { doc, accepts: 'port from 0 to 65535' });
}

/** Creates a setting that takes true or false. */
export function boolean(doc: string, fallback: boolean): Setting<boolean> {
  return makeSetting(z.boolean('takes true or false'), fallback, { doc, accepts: 'true or false' });
}

/** Creates a setting that takes one of some values. */
export function oneOf<const T extends string>(
  doc: string,
  values: readonly [T, ...T[]],
  fallback: T,
): Setting<T> {
  const accepts = values.join(' or ');
  const schema = z.enum(values, `takes ${accepts}`) as unknown as z.ZodMiniType<T>;
  return makeSetting(schema, fallback, { doc, accepts });
}

/** Creates a setting that takes a list of texts. */
export function stringList(doc: string, fallback: readonly string[] = []): Setting<readonly string[]> {
  const schema = z.array(z.string('takes a list of texts'), 'takes a list of texts');
  return { ...makeSetting(schema, fallback, { doc, accepts: 'list of texts' }), form: 'list' };
}

/** Creates a setting that takes a list of texts and is never shown or logged. */
export function secretStringList(doc: string): Setting<readonly string[]> {
  return { ...stringList(doc), isSecret: true };
}

/** Creates a setting that takes a duration in Go's notation. Its value is in milliseconds. */
export function duration(doc: string, fallbackMs: number): Setting<number> {
  const message = 'takes a duration such as 30s, 5m or 1h30m';
  const schema = z.pipe(
    z.union([z.string(), z.int()], message),
    z.transform((value, context) => {
      const ms = durationMs(value);
      if (ms !== undefined && !lacksUnit(value, ms)) return ms;
      context.issues.push({ code: 'custom', message: message, input: value });
      return z.NEVER;
    }),
  ) as unknown as z.ZodMiniType<number>;
  return { ...makeSetting(schema, fallbackMs, { doc, accepts: 'duration' }), form: 'duration' };
}

/** A bare number counts nanoseconds. Less than a millisecond is most likely a number in another unit whose unit is missing. */
function lacksUnit(value: string | number, ms: number): boolean {
  return typeof value === 'number' && ms > 0 && ms < 1;
}

function makeSetting<T>(
  schema: z.ZodMiniType<T>,
  fallback: T,
  docs: Pick<Setting<T>, 'doc' | 'accepts'>,
): Setting<T> {
  return { kind: 'setting', schema, fallback, ...docs, form: 'plain', isSecret: false };
}

/** Formats milliseconds as `durationMs` parses them. */
export function writeDuration(ms: number): string {
  for (const [unit, size] of [
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
  ] as const)
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  return `${ms}ms`;
}
