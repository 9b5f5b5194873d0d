import * as z from 'zod/mini';
import { durationMs } from './duration.ts';

/** One thing that can be set: how it is checked, what it is when nobody sets it, and what it means. */
export interface Setting<T> {
  readonly kind: 'setting';
  readonly schema: z.ZodMiniType<T>;
  readonly fallback: T;
  /** What the reference says of it, and of the values it takes. */
  readonly doc: string;
  readonly takes: string;
  /** How values are written: a span of time is a number here and a text in a file, a list has commas in a variable. */
  readonly form: 'text' | 'list' | 'duration' | 'plain';
  /** Never shown nor logged. */
  readonly isSecret: boolean;
}

/** Settings of things that are named by whoever writes the file; what is not set of one is not there. */
export interface Table<S> {
  readonly kind: 'table';
  readonly each: S;
  /** The names there are; any where they are not known. */
  readonly names?: readonly string[];
}

/** What may stand in a section. */
export type Entry = Setting<unknown> | Table<Settings> | Section;

/** Settings by their names. */
export type Settings = Readonly<Record<string, Setting<unknown>>>;

/** Settings and sections by their names. */
export interface Section {
  readonly [name: string]: Entry;
}

/** The values of a section. */
export type ValuesOf<S> = {
  readonly [K in keyof S]: S[K] extends Setting<infer T>
    ? T
    : S[K] extends Table<infer E>
      ? Readonly<Record<string, Partial<ValuesOf<E>>>>
      : ValuesOf<S[K]>;
};

/** Tells a setting from a section. */
export function isSetting(entry: Entry): entry is Setting<unknown> {
  return entry['kind'] === 'setting';
}

/** Tells a table from a section. */
export function isTable(entry: Entry): entry is Table<Settings> {
  return entry['kind'] === 'table';
}

/** A table of things with these settings each. */
export function table<S extends Settings>(each: S): Table<S> {
  return { kind: 'table', each };
}

/** A text; empty where it is not set. */
export function text(doc: string, fallback = ''): Setting<string> {
  return { ...plain(z.string(), fallback, { doc, takes: 'text' }), form: 'text' };
}

/** A text that nobody may read in a log. */
export function secret(doc: string): Setting<string> {
  return { ...text(doc), isSecret: true };
}

/** A whole number from `least` on. */
export function wholeNumber(doc: string, fallback: number, least = 0): Setting<number> {
  const said = `takes a whole number from ${least} on`;
  const schema = z.int(said).check(z.minimum(least, said));
  return plain(schema, fallback, { doc, takes: `whole number from ${least}` });
}

/** A port of TCP; 0 takes any that is free. */
export function port(doc: string, fallback: number): Setting<number> {
  const said = 'takes a port from 0 to 65535';
  const schema = z.int(said).check(z.minimum(0, said), z.maximum(65_535, said));
  return plain(schema, fallback, { doc, takes: 'port from 0 to 65535' });
}

/** Yes or no. */
export function truth(doc: string, fallback: boolean): Setting<boolean> {
  return plain(z.boolean('takes true or false'), fallback, { doc, takes: 'true or false' });
}

/** One of some words. */
export function choice<const T extends string>(
  doc: string,
  words: readonly [T, ...T[]],
  fallback: T,
): Setting<T> {
  const takes = words.join(' or ');
  const schema = z.enum(words, `takes ${takes}`) as unknown as z.ZodMiniType<T>;
  return plain(schema, fallback, { doc, takes });
}

/** A list of texts. */
export function list(doc: string, fallback: readonly string[] = []): Setting<readonly string[]> {
  const schema = z.array(z.string('takes a list of texts'), 'takes a list of texts');
  return { ...plain(schema, fallback, { doc, takes: 'list of texts' }), form: 'list' };
}

/** A list of texts that nobody may read in a log. */
export function secretList(doc: string): Setting<readonly string[]> {
  return { ...list(doc), isSecret: true };
}

/** A span of time in milliseconds, written as Go writes it. */
export function duration(doc: string, fallbackMs: number): Setting<number> {
  const said = 'takes a duration such as 30s, 5m or 1h30m';
  const schema = z.pipe(
    z.union([z.string(), z.int()], said),
    z.transform((value, context) => {
      const ms = durationMs(value);
      if (ms !== undefined && !lacksUnit(value, ms)) return ms;
      context.issues.push({ code: 'custom', message: said, input: value });
      return z.NEVER;
    }),
  ) as unknown as z.ZodMiniType<number>;
  return { ...plain(schema, fallbackMs, { doc, takes: 'duration' }), form: 'duration' };
}

/** A bare number counts nanoseconds: one of less than a millisecond was meant in another unit, which is missing. */
function lacksUnit(value: string | number, ms: number): boolean {
  return typeof value === 'number' && ms > 0 && ms < 1;
}

function plain<T>(
  schema: z.ZodMiniType<T>,
  fallback: T,
  said: Pick<Setting<T>, 'doc' | 'takes'>,
): Setting<T> {
  return { kind: 'setting', schema, fallback, ...said, form: 'plain', isSecret: false };
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
