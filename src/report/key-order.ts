import { jsonOfList } from '../kit/lazy-list.ts';
import type { Report, SuppressedMatch } from '../model/report.ts';
import { WrittenList } from './json-chunks.ts';

/** The keys of a JSON object in output order, each with the key order of its members. */
export interface KeyOrder {
  readonly [key: string]: KeyOrder | 'value';
}

type Scalar = string | number | boolean;

/** All keys of a type. A key that is added to the model does not compile until it is added below. */
type OrderOf<T> = [T] extends [Scalar]
  ? 'value'
  : [T] extends [readonly (infer Element)[]]
    ? OrderOf<NonNullable<Element>>
    : { readonly [Key in KeysOf<T>]: OrderOf<NonNullable<ValueOf<T, Key>>> };
type KeysOf<T> = T extends object ? keyof T : never;
type ValueOf<T, Key> = T extends object ? (Key extends keyof T ? T[Key] : never) : never;

const source = { name: 'value', version: 'value' } as const;
const location = { path: 'value', layer: 'value' } as const;

const match = {
  vulnerability: {
    id: 'value',
    aliases: 'value',
    advisories: { id: 'value', link: 'value', fixedVersion: 'value', title: 'value', issued: 'value' },
    severity: 'value',
    severitySource: 'value',
    cvss: { source: 'value', vector: 'value', score: 'value' },
    description: 'value',
    links: 'value',
    source: 'value',
    kev: 'value',
    exploited: { source: 'value', date: 'value' },
    epss: 'value',
    weaknesses: 'value',
  },
  package: {
    type: 'value',
    name: 'value',
    version: 'value',
    source,
    purl: 'value',
    location,
    evidence: 'value',
    parent: { name: 'value', version: 'value' },
    locationCount: 'value',
    fromBase: 'value',
  },
  fix: { state: 'value', version: 'value', availableSince: 'value' },
  evidence: {
    source: 'value',
    advisory: 'value',
    namespace: 'value',
    package: 'value',
    installed: 'value',
    range: { from: 'value', fromExcluded: 'value', to: 'value', toIncluded: 'value' },
    versionScheme: 'value',
    confidence: 'value',
    sourceNotLoaded: 'value',
  },
} as const;

/** A report as published, without `decision`: its content is part of `reason`. */
type PublishedReport = Omit<Report, 'suppressed'> & {
  readonly suppressed: readonly Omit<SuppressedMatch, 'decision'>[];
};

/** The key order of a report, which is also its published shape. */
export const reportOrder: OrderOf<PublishedReport> = {
  schemaVersion: 'value',
  target: {
    reference: 'value',
    kind: 'value',
    manifest: 'value',
    platform: 'value',
    created: 'value',
    subject: { reference: 'value', kind: 'value' },
    names: 'value',
    digest: 'value',
    repoDigests: 'value',
  },
  distro: {
    id: 'value',
    versionId: 'value',
    versionCodename: 'value',
    prettyName: 'value',
    like: 'value',
    supportEnd: 'value',
    source: 'value',
  },
  namespaces: { name: 'value', versionScheme: 'value' },
  layers: { digest: 'value', diffId: 'value', sizeBytes: 'value', createdBy: 'value', verified: 'value' },
  base: { reference: 'value', digest: 'value', layers: 'value', knownBy: 'value' },
  packages: {
    type: 'value',
    name: 'value',
    version: 'value',
    arch: 'value',
    source,
    purl: 'value',
    location,
    foundBy: 'value',
    modularity: 'value',
    vendor: 'value',
    licence: 'value',
    repositories: 'value',
    owner: 'value',
    evidence: 'value',
    parent: { name: 'value', version: 'value' },
    locations: {
      path: 'value',
      layer: 'value',
      evidence: 'value',
      parent: { name: 'value', version: 'value' },
      owner: 'value',
    },
    supplier: 'value',
    licenses: 'value',
    hashes: 'value',
    replaces: source,
    origin: 'value',
    proof: 'value',
    dependsOn: 'value',
  },
  unread: { kind: 'value', count: 'value', paths: 'value', truncated: 'value' },
  matches: match,
  suppressed: { ...match, reason: 'value', justification: 'value' },
  ratings: {
    unrated: 'value',
    knowsExploited: 'value',
    knowsEpss: 'value',
    reason: 'value',
    lists: {
      source: 'value',
      status: 'value',
      contentDate: 'value',
      model: 'value',
      fetchedAt: 'value',
      reason: 'value',
    },
  },
  attachedVex: { documents: 'value', refused: 'value', unreadable: 'value' },
  verdict: 'value',
  coverage: {
    namespace: 'value',
    status: 'value',
    newestAdvisory: 'value',
    fetchedAt: 'value',
    contentDate: 'value',
    loadedSince: 'value',
    reason: 'value',
    evidence: { count: 'value', paths: 'value', truncated: 'value' },
  },
  statuses: {
    extension: 'value',
    status: 'value',
    files: { path: 'value', layer: 'value', problem: 'value' },
  },
};

/** Orders the keys of a report and drops keys without an order. Orders the elements of its lists lazily, during iteration. */
export function orderKeysLazily(report: object, order: KeyOrder): object {
  const fields = report as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.keys(order).map((key) => {
      const member = fields[key];
      return [key, orderMember(member, order[key])];
    }),
  );
}

function orderMember(member: unknown, order: KeyOrder | 'value' | undefined): unknown {
  if (!Array.isArray(member)) return orderKeys(member, order);
  // Only packages are written before, in their order.
  const written = order === reportOrder.packages ? jsonOfList(member) : undefined;
  return written === undefined ? orderElements(member, order) : new WrittenList(written);
}

function* orderElements(list: readonly unknown[], order: KeyOrder | 'value' | undefined): Iterable<unknown> {
  for (const element of list) yield orderKeys(element, order);
}

/** Orders the keys of a value recursively. Drops keys without an order, and those that are undefined. */
export function orderKeys(value: unknown, order: KeyOrder | 'value' | undefined): unknown {
  if (order === undefined || order === 'value' || value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((element) => orderKeys(element, order));
  const fields = value as Record<string, unknown>;
  const ordered: Record<string, unknown> = {};
  for (const key in order) {
    const member = fields[key];
    if (member !== undefined) ordered[key] = orderKeys(member, order[key]);
  }
  return ordered;
}
