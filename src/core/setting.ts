import * as z from 'zod/mini';
import { durationMs } from './duration.ts';

/** One thing that can be set: how it is checked, what it is when nobody sets it, and what it means. */
export interface Setting<T> {
  readonly kind: 'setting';
  readonly schema: z.ZodMiniType<T>;
  readonly fallback: T;
  /** What the reference says of it, and of the values it takes. */
  readonly doc: string;
  readonly accepts: string;
  /** How values are written: a span of time is a number here and a text in a file, a list has commas in a variable. */
  readonly form: 'text' | 'list' | 'duration' | 'plain';
  /** Never shown nor logged. */
  readonly isSecret: boolean;
}

/** Settings of things that are named by whoever writes the file; what is not set of one is not there. */
export interface SettingsTable<S> {
  readonly kind: 'table';
  readonly each: S;
  /** The names there are; any where they are not known. */
  readonly names?: readonly string[];
}

/** What may stand in a section. */
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

/** Tells a setting from a section. */
export function isSetting(entry: SettingsEntry): entry is Setting<unknown> {
  return entry['kind'] === 'setting';
}

/** Tells a table from a section. */
export function isSettingsTable(entry: SettingsEntry): entry is SettingsTable<Settings> {
  return entry['kind'] === 'table';
}

/** A table of things with these settings each. */
export function table<S extends Settings>(each: S): SettingsTable<S> {
  return { kind: 'table', each };
}

/** A text; empty where it is not set. */
export function string(doc: string, fallback = ''): Setting<string> {
  return { ...makeSetting(z.string(), fallback, { doc, accepts: 'text' }), form: 'text' };
}

/** A text that nobody may read in a log. */
export function secretString(doc: string): Setting<string> {
  return { ...string(doc), isSecret: true };
}

/** A whole number from `least` on. */
export function integer(doc: string, fallback: number, least = 0): Setting<number> {
  const message = `takes a whole number from ${least} on`;
  const schema = z.int(message).check(z.minimum(least, message));
  return makeSetting(schema, fallback, { doc, accepts: `whole number from ${least}` });
}

/** A port of TCP; 0 takes any that is free. */
export function port(doc: string, fallback: number): Setting<number> {
  const message = 'takes a port from 0 to 65535';
  const schema = z.int(message).check(z.minimum(0, message), z.maximum(65_535, message));
  return makeSetting(schema, fallback, { doc, accepts: 'port from 0 to 65535' });
}

/** Yes or no. */
export function boolean(doc: string, fallback: boolean): Setting<boolean> {
  return makeSetting(z.boolean('takes true or false'), fallback, { doc, accepts: 'true or false' });
}

/** One of some words. */
export function oneOf<const T extends string>(
  doc: string,
  values: readonly [T, ...T[]],
  fallback: T,
): Setting<T> {
  const accepts = values.join(' or ');
  const schema = z.enum(values, `takes ${accepts}`) as unknown as z.ZodMiniType<T>;
  return makeSetting(schema, fallback, { doc, accepts });
}

/** A list of texts. */
export function stringList(doc: string, fallback: readonly string[] = []): Setting<readonly string[]> {
  const schema = z.array(z.string('takes a list of texts'), 'takes a list of texts');
  return { ...makeSetting(schema, fallback, { doc, accepts: 'list of texts' }), form: 'list' };
}

/** A list of texts that nobody may read in a log. */
export function secretStringList(doc: string): Setting<readonly string[]> {
  return { ...stringList(doc), isSecret: true };
}

/** A span of time in milliseconds, written as Go writes it. */
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

/** A bare number counts nanoseconds: one of less than a millisecond was meant in another unit, which is missing. */
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

/** A span of milliseconds as `durationMs` reads it. */
export function writeDuration(ms: number): string {
  for (const [unit, size] of [
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
  ] as const)
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  return `${ms}ms`;
}
