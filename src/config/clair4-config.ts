import { toSingleLine } from '../kit/untrusted-text.ts';
import { type Clair4Key, clair4Keys } from './clair4-keys.ts';

/** A configuration of Clair v4 in the form of this server. */
export interface Clair4Config {
  /** The content of `clair:` that means the same. */
  readonly content: object;
  /** Keys that Clair does not have, keys that are refused, and what is missing. */
  readonly problems: readonly string[];
  /** Keys without effect, each with the reason. */
  readonly notes: readonly string[];
}

type Tree = Readonly<Record<string, unknown>>;

/** Returns whether a file is that of Clair v4, by its keys at the top level. */
export function isClair4File(root: Tree): boolean {
  return !('clair' in root) && Object.keys(root).some((key) => topLevelKeys.has(key));
}

const topLevelKeys: ReadonlySet<string> = new Set(
  Object.keys(clair4Keys).map((key) => key.split('.')[0] ?? key),
);

/**
 * Maps a configuration of Clair v4. No text of the result contains a value of the file besides names of sets. `sources` are the known
 * advisory sources; undefined if there may be others.
 */
export function fromClair4(root: Tree, sources?: readonly string[]): Clair4Config {
  const values = new Map(defaults);
  const problems = [...unknownKeys(root, ''), ...missingKeys(root)];
  const unused = unusedReceivers(root);
  const notes: string[] = unused.map((key) => `${key}: Another receiver is used, as in Clair.`);
  notes.push(
    ...otherDatabases(root).map((key) => `${key}: There is one database, and another key names it.`),
  );
  for (const [key, rule] of Object.entries(clair4Keys)) {
    const value = valueOfRule(root, key);
    if (value === undefined || value === null || isEmptySection(value)) continue;
    if (unused.some((section) => key.startsWith(`${section}.`))) continue;
    if (rule.isRefused) problems.push(`${key} is refused: ${rule.note}`);
    else if (rule.set === undefined) notes.push(`${key}: ${rule.note}`);
    else
      apply(
        rule.set(value, (other) => valueAt(root, other)),
        values,
      );
  }
  notes.push(...dropUnknownSources(values, sources));
  if (namesLibpqDatabase(root) && !values.has('database.options.source'))
    values.set('database.options.source', 'postgresql://');
  return { content: treeOf(withoutUnusedKey(values)), problems, notes };
}

/**
 * Removes advisory sources that only Clair v4 has, and returns notes that name them. If none is left, the setting stays, and is refused: an
 * empty one would load all.
 */
function dropUnknownSources(
  values: Map<string, unknown>,
  sources: readonly string[] | undefined,
): readonly string[] {
  const setting = 'updater.enabledupdaters';
  const value = values.get(setting);
  if (sources === undefined || !Array.isArray(value)) return [];
  const named = value.map(String);
  const known = named.filter((name) => sources.includes(name));
  if (known.length === 0 || known.length === named.length) return [];
  values.set(setting, known);
  const unknown = named.filter((name) => !sources.includes(name)).map((name) => toSingleLine(name, 64));
  return unknown.map((name) => `updaters.sets: There is no source ${name}. Its advisories are not loaded.`);
}

/** Clair's own defaults where they differ. */
const defaults: ReadonlyMap<string, unknown> = new Map([['database.type', 'pgsql']]);

/** Clair's own addresses if the file has none. */
const addresses: readonly (readonly [string, string])[] = [
  ['api.addr', ':6060'],
  ['api.healthaddr', ':8089'],
];

function apply(settings: ReturnType<NonNullable<Clair4Key['set']>>, values: Map<string, unknown>): void {
  for (const [path, value] of settings) if (!values.has(path)) values.set(path, value);
}

/** The key that signs posts is of use only if there is a receiver. */
function withoutUnusedKey(values: ReadonlyMap<string, unknown>): ReadonlyMap<string, unknown> {
  const kept = new Map([...addresses, ...values]);
  if (!kept.has('notifier.clair4.endpoint')) kept.delete('notifier.clair4.pskkey');
  return kept;
}

/** Returns the sections of receivers besides the first. Clair uses one, in this order. */
function unusedReceivers(root: Tree): string[] {
  const sections = ['notifier.webhook', 'notifier.amqp', 'notifier.stomp'];
  return sections.filter((section) => valueAt(root, section) != null).slice(1);
}

const connstrings = ['indexer', 'matcher', 'notifier'].map((section) => `${section}.connstring`);

/** Whether a connection string is empty. As in Clair, the variables of libpq name the database then. */
function namesLibpqDatabase(root: Tree): boolean {
  return connstrings.some((key) => valueAt(root, key) === '');
}

/** Returns the keys whose database is not that of the first section that names one. */
function otherDatabases(root: Tree): string[] {
  const named = connstrings.filter((key) => (valueAt(root, key) ?? '') !== '');
  return named.filter((key) => valueAt(root, key) !== valueAt(root, named[0] ?? ''));
}

function missingKeys(root: Tree): string[] {
  const issuers = valueAt(root, 'auth.psk.iss');
  const lacksIssuers =
    valueAt(root, 'auth.psk.key') != null && (!Array.isArray(issuers) || issuers.length === 0);
  return lacksIssuers ? ['auth.psk.iss names no issuer'] : [];
}

function unknownKeys(tree: Tree, prefix: string): string[] {
  return Object.entries(tree).flatMap(([name, value]) => {
    const key = `${prefix}${name}`;
    if (isKnown(key)) return [];
    if (!Object.keys(clair4Keys).some((known) => known.startsWith(`${key}.`)))
      return [`there is no key ${key} in a configuration of Clair v4`];
    if (value === null || value === undefined) return [];
    return isTree(value) ? unknownKeys(value, `${key}.`) : [`${key} is a section`];
  });
}

/** Whether it is a key, or anything below one that ends with `.*`. */
function isKnown(key: string): boolean {
  if (key in clair4Keys || `${key}.*` in clair4Keys) return true;
  const parts = key.split('.');
  return parts.some((_, i) => `${parts.slice(0, i + 1).join('.')}.*` in clair4Keys);
}

/** Returns the value of a key. For `section.*`, what the section has besides the keys with rules of their own. */
function valueOfRule(root: Tree, key: string): unknown {
  if (!key.endsWith('.*')) return valueAt(root, key);
  const section = key.slice(0, -2);
  return withoutOwnRules(valueAt(root, section), `${section}.`);
}

function withoutOwnRules(value: unknown, prefix: string): unknown {
  if (!isTree(value)) return value;
  const rest = Object.entries(value)
    .filter(([name]) => !(`${prefix}${name}` in clair4Keys))
    .map(([name, inner]) => [name, withoutOwnRules(inner, `${prefix}${name}.`)] as const)
    .filter(([name, inner]) => !(isEmptySection(inner) && !isEmptySection(value[name])));
  return Object.fromEntries(rest);
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEmptySection(value: unknown): boolean {
  return isTree(value) && Object.keys(value).length === 0;
}

function valueAt(root: Tree, key: string): unknown {
  return key.split('.').reduce<unknown>((tree, part) => (isTree(tree) ? tree[part] : undefined), root);
}

interface MutableTree {
  [name: string]: unknown;
}

function treeOf(values: ReadonlyMap<string, unknown>): object {
  const root: MutableTree = {};
  for (const [path, value] of values) {
    const parts = path.split('.');
    const name = parts.pop() ?? path;
    let tree = root;
    for (const part of parts) {
      tree[part] ??= {};
      tree = tree[part] as MutableTree;
    }
    tree[name] = value;
  }
  return root;
}
