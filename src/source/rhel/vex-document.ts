import * as z from 'zod/mini';
import { parseFeedValue } from '../../core/corrupt-feed.ts';
import {
  isJsonObject,
  isListOf,
  isListOrAbsent,
  isText,
  isTextOrAbsent,
} from '../../kit/json/shape-checks.ts';
import type { FeedRecord, FixState, Severity, Vulnerability } from '../../plugin/index.ts';
import { scores, vectorsOfScores } from '../csaf/schemas.ts';
import { mergedRows, type Part } from '../rows.ts';
import { parseModified, unnamedModule, vendorSeverity } from '../vendor-values.ts';
import { namespacesOfProduct } from './namespaces.ts';
import { type Component, isProductTree, type ProductTree, productTree, readProducts } from './products.ts';

const productIds = z.optional(z.array(z.string()));
const statuses = ['fixed', 'known_affected', 'known_not_affected', 'under_investigation'] as const;
const statement = z.object({
  cve: z.optional(z.string()),
  product_status: z.optional(z.partialRecord(z.string(), z.array(z.string()))),
  remediations: z.optional(
    z.array(
      z.object({
        category: z.string(),
        details: z.optional(z.string()),
        url: z.optional(z.string()),
        product_ids: productIds,
      }),
    ),
  ),
  threats: z.optional(
    z.array(z.object({ category: z.string(), details: z.optional(z.string()), product_ids: productIds })),
  ),
  scores,
  notes: z.optional(z.array(z.object({ category: z.optional(z.string()), text: z.optional(z.string()) }))),
  references: z.optional(z.array(z.object({ category: z.optional(z.string()), url: z.string() }))),
});
const vexDocument = z.object({
  document: z.object({
    category: z.optional(z.string()),
    aggregate_severity: z.optional(z.object({ text: z.optional(z.string()) })),
    tracking: z.object({
      id: z.optional(z.string()),
      status: z.optional(z.string()),
      current_release_date: z.optional(z.string()),
    }),
  }),
  product_tree: z.optional(productTree),
  vulnerabilities: z.optional(z.array(statement)),
});

type Statement = z.output<typeof statement>;
type VexDocument = z.output<typeof vexDocument>;
type Status = (typeof statuses)[number];

/**
 * Yields the vulnerability of rpm packages in a VEX document (CSAF 2.0), and a skipped record for each product that
 * cannot be understood. A document without rpm packages is withdrawn, since an earlier version may have had some.
 */
export function* readVexDocument(key: string, value: unknown): Generator<FeedRecord> {
  const read = isVexDocument(value) ? value : parseFeedValue(vexDocument, value, key);
  const { document, product_tree: tree, vulnerabilities = [] } = read;
  if (document.tracking.status === 'deleted') {
    yield { kind: 'withdrawn', key };
    return;
  }
  const [first, second] = vulnerabilities;
  if (first?.cve === undefined || second !== undefined || tree === undefined) {
    yield { kind: 'skipped', key, reason: 'it is not about one CVE' };
    return;
  }
  const { parts, unclear } = partsOf(first, tree, document.aggregate_severity?.text);
  for (const [product, reason] of unclear) yield { kind: 'skipped', key: `${key} ${product}`, reason };
  if (parts.length === 0) {
    yield { kind: 'withdrawn', key };
    return;
  }
  const aggregate = vendorSeverity(document.aggregate_severity?.text);
  yield {
    kind: 'vulnerability',
    key,
    id: first.cve,
    ...describe(first.cve, first),
    ...parseModified(document.tracking.current_release_date),
    ...rated(parts, aggregate),
  };
}

/** Checks a document by hand, for speed: most of it is a tree of thousands of products. */
function isVexDocument(value: unknown): value is VexDocument {
  return (
    isJsonObject(value) &&
    isJsonObject(value['document']) &&
    isHead(value['document']) &&
    (value['product_tree'] === undefined || isProductTree(value['product_tree'])) &&
    isListOrAbsent(value['vulnerabilities'], isStatement)
  );
}

function isHead({ category, aggregate_severity: severity, tracking }: Record<string, unknown>): boolean {
  return (
    isTextOrAbsent(category) &&
    (severity === undefined || (isJsonObject(severity) && isTextOrAbsent(severity['text']))) &&
    isJsonObject(tracking) &&
    isTextOrAbsent(tracking['id']) &&
    isTextOrAbsent(tracking['status']) &&
    isTextOrAbsent(tracking['current_release_date'])
  );
}

/** Leaves the rarer members to their schema. */
function isStatement(value: unknown): boolean {
  if (!isJsonObject(value)) return false;
  const { product_status: status, remediations, threats, ...rest } = value;
  return (
    (status === undefined ||
      (isJsonObject(status) && Object.values(status).every((ids) => isListOf(ids, isText)))) &&
    isListOrAbsent(remediations, isRemediation) &&
    isListOrAbsent(threats, isThreat) &&
    z.safeParse(statement, rest).success
  );
}

function isThreat(value: unknown): boolean {
  return (
    isJsonObject(value) &&
    isText(value['category']) &&
    isTextOrAbsent(value['details']) &&
    isListOrAbsent(value['product_ids'], isText)
  );
}

function isRemediation(value: unknown): boolean {
  return isThreat(value) && isTextOrAbsent((value as Record<string, unknown>)['url']);
}

function describe(
  id: string,
  { remediations = [], references = [], notes = [], scores: rated }: Statement,
): Pick<Vulnerability, 'aliases' | 'description' | 'links' | 'cvss'> {
  const description = notes.find(({ category }) => category === 'description')?.text;
  const advisories = remediations.flatMap(({ category, url }) =>
    category === 'vendor_fix' && url ? [url] : [],
  );
  const self = references.filter(({ category }) => category === 'self').map(({ url }) => url);
  return {
    aliases: unique(advisories.flatMap((url) => /\bRH[SBE]A-\d{4}:\d+$/.exec(url) ?? [])),
    ...(description !== undefined && { description }),
    links: unique([`https://access.redhat.com/security/cve/${id}`, ...self, ...advisories]),
    cvss: vectorsOfScores(rated, 'Red Hat'),
  };
}

/** Sets the severity. Most documents rate every product alike; rows then need no severity of their own. */
function rated(parts: readonly Part[], aggregate: Severity): Pick<Vulnerability, 'severity' | 'affected'> {
  const ratings = new Set(parts.map((part) => part.severity));
  const [only = aggregate] = ratings;
  const severity = aggregate === 'Unknown' && ratings.size === 1 ? only : aggregate;
  const rows = parts.map(({ severity: own, ...part }) =>
    own === severity ? part : { ...part, ...(own && { severity: own }) },
  );
  return {
    severity,
    affected: [...mergedRows(rows.filter((row) => !isOfSource(row))), ...mergedRows(rows.filter(isOfSource))],
  };
}

/**
 * Returns whether a part is of a source package: it covers all packages built from it, and its architecture has no
 * meaning.
 */
function isOfSource({ arch }: Part): boolean {
  return arch?.[0] === 'src';
}

interface Parts {
  readonly parts: Part[];
  /** Reasons by product. */
  readonly unclear: Map<string, string>;
}

function partsOf(statement: Statement, tree: ProductTree, aggregate: string | undefined): Parts {
  const products = readProducts(tree);
  const impacts = byProduct(statement.threats, ({ category }) => category === 'impact');
  const remedies = byProduct(
    statement.remediations,
    ({ category }) => category !== 'workaround' && category !== 'vendor_fix',
  );
  const result: Parts = { parts: [], unclear: new Map() };
  for (const status of statuses) {
    for (const id of statement.product_status?.[status] ?? []) {
      const component = products.componentOf(id);
      if (component === undefined) continue; // Not an rpm package.
      if ('unclear' in component) {
        result.unclear.set(id, component.unclear);
        continue;
      }
      const state = status === 'fixed' ? undefined : stateOf(status, remedies.of(id)?.details);
      const severity = vendorSeverity(impacts.of(id)?.details ?? aggregate);
      result.parts.push(...rowsOfComponent(component, state, severity));
    }
  }
  return result;
}

type Tagged = { readonly product_ids?: readonly string[] | undefined };

/** Returns the first entry that names a product; or else one that names none and so covers all. */
function byProduct<T extends Tagged>(
  entries: readonly T[] | undefined,
  wants: (entry: T) => boolean,
): { of(product: string): T | undefined } {
  const byId = new Map<string, T>();
  let general: T | undefined;
  for (const entry of entries?.filter(wants) ?? []) {
    if (entry.product_ids === undefined) general ??= entry;
    for (const id of entry.product_ids ?? []) if (!byId.has(id)) byId.set(id, entry);
  }
  return { of: (product) => byId.get(product) ?? general };
}

function stateOf(status: Exclude<Status, 'fixed'>, details = ''): Exclude<FixState, 'fixed'> {
  if (status === 'known_not_affected') return 'not-affected';
  if (status === 'under_investigation') return 'under-investigation';
  if (/^will not fix/i.test(details)) return 'will-not-fix';
  if (/^out of support scope/i.test(details)) return 'end-of-life';
  if (/^fix deferred/i.test(details)) return 'deferred';
  return 'unfixed';
}

/**
 * Returns the rows of a package in a product stream. States other than fixed are mostly given for the source package
 * only, with the architecture `src`. Fixed source packages are ignored, since they are never installed.
 */
function rowsOfComponent(
  { name, evr, arch, module, cpe }: Component,
  state: Exclude<FixState, 'fixed'> | undefined,
  severity: Severity,
): Part[] {
  if (state === undefined && (evr === undefined || arch === 'src')) return [];
  const isExact = state === 'not-affected' && evr !== undefined && arch !== 'src';
  return namespacesOfProduct(cpe, evr).map((namespace) => ({
    namespace,
    package: name,
    ...(state === undefined ? { to: evr ?? '' } : { state }),
    ...(isExact && { from: evr, to: evr, toIncluded: true as const }),
    ...(arch !== undefined && { arch: [arch] }),
    ...(module === undefined ? unnamedModule(evr) : { module }),
    product: cpe,
    severity,
  }));
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
