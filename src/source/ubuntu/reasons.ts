import { parseJsonAt, UnexpectedContent } from '../../core/corrupt-feed.ts';
import { inflateStream } from '../../kit/decompress/inflate-stream.ts';
import { tarEntries } from '../../kit/tar/entries.ts';
import type { Affected, FetchedFeed, Fix, SkippedRecord } from '../../plugin/index.ts';
import type { ArchivedRecord } from '../archived-record.ts';
import { isKernel, namespaceOfLabel, sourceOf } from './release.ts';

/** The reason in a VEX statement on an affected package. */
type Reason = Exclude<Fix['state'], 'fixed' | 'unfixed' | 'deferred'>;

/** Reasons by the letter that encodes them in memory. */
const reasons: Readonly<Record<string, Reason>> = {
  W: 'will-not-fix',
  E: 'end-of-life',
  U: 'under-investigation',
  N: 'not-affected',
};

/** How the action statement of a package without a planned fix begins. All others state that it needs fixing. */
const openings: readonly (readonly [opening: string, letter: string])[] = [
  ['This package (for the given release) is no longer supported', 'E'],
  [
    'This package (for the given release) is vulnerable to the CVE, the problem is understood, but the Ubuntu Security Team decided to not fix it',
    'W',
  ],
];

/**
 * The reasons of a whole VEX archive, over a million, by CVE, release and source package. To save memory, the reasons
 * of one CVE are one text with a line `Wfocal=linux-aws linux-gcp` for each group. It is parsed when the CVE is read.
 */
export class Reasons {
  readonly #byCve = new Map<string, string>();
  readonly #skipped: SkippedRecord[] = [];

  /** Documents that could not be understood. */
  get skipped(): readonly SkippedRecord[] {
    return this.#skipped;
  }

  /** CVEs whose rows were not taken yet. */
  get left(): string[] {
    return [...this.#byCve.keys()];
  }

  /** Reads all CVE documents of the archive. */
  async read({ body, url }: FetchedFeed): Promise<void> {
    const wants = (path: string) => /(?:^|\/)vex\/cve\//.test(path) && path.endsWith('.json');
    let documents = 0;
    for await (const file of tarEntries(inflateStream(body, url), wants)) {
      documents++;
      this.#add(file);
    }
    if (documents === 0) throw new UnexpectedContent('its end', 'it holds no document on a CVE');
  }

  /** Returns and removes the rows of a CVE, by namespace and package. */
  take(cve: string): Map<string, Affected> {
    const rows = new Map<string, Affected>();
    const lines = this.#byCve.get(cve)?.split('\n') ?? [];
    this.#byCve.delete(cve);
    for (const line of lines) {
      const [label = '', packages = ''] = line.slice(1).split('=');
      const namespace = namespaceOfLabel(label);
      const state = reasons[line.charAt(0)];
      if (namespace === undefined || state === undefined) continue;
      for (const name of packages.split(' ')) {
        rows.set(rowKey(namespace.name, name), { namespace, package: name, range: {}, fix: { state } });
      }
    }
    return rows;
  }

  #add({ path, bytes }: ArchivedRecord): void {
    try {
      for (const [cve, text] of linesByCve(parseJsonAt('', bytes))) {
        const existing = this.#byCve.get(cve);
        this.#byCve.set(cve, existing === undefined ? text : `${existing}\n${text}`);
      }
    } catch (error) {
      if (!(error instanceof UnexpectedContent)) throw error;
      this.#skipped.push({ kind: 'skipped', key: path, reason: error.message });
    }
  }
}

/** Returns the key of a row among those of one CVE. */
export function rowKey(namespace: string, name: string): string {
  return `${namespace} ${name}`;
}

/**
 * Returns the reasons of a document as text. Checks the document by hand: a schema would copy its products, which are
 * the binary packages of every architecture and release. Only the source packages matter.
 */
function linesByCve(document: unknown): Map<string, string> {
  const packages = new Map<string, Map<string, Set<string>>>();
  for (const statement of listIn(document, 'statements')) {
    const letter = letterOf(statement);
    const cve = textIn(memberOf(statement, 'vulnerability'), 'name');
    if (cve === undefined) throw new UnexpectedContent('statements', 'a statement without a vulnerability');
    if (letter === undefined) continue;
    for (const product of listIn(statement, 'products')) {
      const source = sourceOf(textIn(product, '@id') ?? '');
      if (source === undefined || (letter === 'N' && isKernel(source.package))) continue;
      const lines = added(packages, cve, new Map<string, Set<string>>());
      added(lines, letter + source.label, new Set<string>()).add(source.package);
    }
  }
  return new Map(Array.from(packages, ([cve, lines]) => [cve, textOf(lines)]));
}

/**
 * Joins lines into one flat string: a string from repeated concatenation takes ten times the memory until it is read.
 */
function textOf(lines: ReadonlyMap<string, ReadonlySet<string>>): string {
  const text = Array.from(lines, ([label, names]) => `${label}=${[...names].join(' ')}`).join('\n');
  return Buffer.from(text).toString('utf8');
}

function added<K, V>(map: Map<K, V>, key: K, initial: V): V {
  const value = map.get(key) ?? initial;
  map.set(key, value);
  return value;
}

function letterOf(statement: unknown): string | undefined {
  const status = textIn(statement, 'status');
  if (status === 'not_affected') return 'N';
  if (status === 'under_investigation') return 'U';
  const action = textIn(statement, 'action_statement') ?? '';
  return status === 'affected' ? openings.find(([opening]) => action.startsWith(opening))?.[1] : undefined;
}

function memberOf(value: unknown, name: string): unknown {
  const isObject = typeof value === 'object' && value !== null && Object.hasOwn(value, name);
  return isObject ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

function textIn(value: unknown, name: string): string | undefined {
  const member = memberOf(value, name);
  return typeof member === 'string' ? member : undefined;
}

function listIn(value: unknown, name: string): readonly unknown[] {
  const list = memberOf(value, name);
  if (!Array.isArray(list)) throw new UnexpectedContent(name, 'not the expected array');
  return list;
}
