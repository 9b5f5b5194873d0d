import { listSome } from '../../kit/collections.ts';
import { explainRow } from '../../match/explain.ts';
import { confidenceOf } from '../../match/findings.ts';
import { isSameName, spellingsOf } from '../../model/cve.ts';
import type {
  Explanation,
  LayerPosition,
  PackageExplanation,
  RowExplanation,
} from '../../model/explanation.ts';
import { advisoryNamespaceOf, ecosystemOfType } from '../../model/namespace.ts';
import { compareText } from '../../model/order.ts';
import type { PackageOrigin } from '../../model/package.ts';
import type { ExtensionStatus, Match, Report, ReportLayer } from '../../model/report.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { KeyedAffected } from '../../store/advisory-store.ts';
import { type ScopedFeedState, statesFor } from '../../store/feed-state.ts';
import type { ImagePackage, PackageLookup } from '../../store/image-store.ts';
import type { AsOf } from '../../store/page.ts';
import type { Store } from '../../store/store.ts';
import type { StoredVulnerability } from '../../store/vulnerability-store.ts';
import { isSuperseded } from '../feeds/choose-feeds.ts';
import {
  findUserVulnerabilities,
  hasUserVulnerabilities,
  userFeed,
  userVulnerabilityKey,
} from '../feeds/user-vulnerabilities.ts';
import { versionOrder } from '../images/extension-status.ts';
import type { IndexedImage } from '../images/indexed-image.ts';
import { isLeftToOwner, isUngrouped, isUnmatched } from '../images/package-lookup.ts';
import { type ArtifactNames, findArtifactNames, lookupByArtifact } from './artifact-groups.ts';
import { toPackage } from './assess-packages.ts';
import { resolveName } from './resolve-name.ts';

/** Dependencies of checks of advisories against packages. */
export interface ExplainFindingDeps extends AsOf {
  readonly extensions: Pick<Extensions, 'schemes' | 'sources'>;
  readonly store: Pick<Store, 'advisories' | 'vulnerabilities'>;
}

/** Dependencies of `explainFinding`: the ratings, which have further names, as well. */
export interface NamedFindingDeps extends ExplainFindingDeps {
  readonly store: ExplainFindingDeps['store'] & Pick<Store, 'enrichments'>;
}

/** The vulnerability to explain, and optionally a package by name or purl. Without one, explains all packages that its advisories cover. */
export interface ExplainRequest {
  readonly id: string;
  readonly package?: string | undefined;
}

/**
 * Explains what a report says of a vulnerability, by its id or an alias, or why it does not report it. Matches every row of its advisories
 * against the packages again. Throws if the result differs from the report.
 */
export async function explainFinding(
  request: ExplainRequest,
  { image, report }: { readonly image: IndexedImage; readonly report: Report },
  deps: NamedFindingDeps,
): Promise<Explanation> {
  const name = await resolveName(request.id, deps.store);
  const records = await namedRecordsOf(name, deps);
  const id = records.find((record) => isSameName(record.id, name))?.id ?? name;
  const chosen = image.packages.filter((item) => isSelected(item, request));
  const artifacts = await findArtifactNames(chosen.filter(isUngrouped), deps);
  const selected = chosen.map((item) => withOnlyGroup(item, artifacts));
  const covered =
    request.package === undefined ? selected.filter((item) => isCovered(item, records)) : selected;
  const states = await deps.store.advisories.findFeedStates({ asOf: deps.asOf });
  const userKeys = await findUserKeys({ records, states }, deps);
  const context = { id, records, states, userKeys, artifacts, report, deps };
  const statuses = unreadStatuses(report);
  const unknown = unknownParts(image, report);
  // A vulnerability of no listed package may yet be in what was not read, or cannot be looked up.
  const isKnown = records.length > 0 && statuses.length === 0 && unknown.length === 0;
  return {
    schemaVersion: 1,
    target: report.target,
    distro: report.distro,
    id,
    packages: covered.map((item) => explainPackage(item, context)),
    remarks: [
      ...remarksOf(
        { ...request, id: name },
        { records, covered, isInstalled: selected.length > 0, image, statuses },
      ),
      ...(covered.length === 0 ? unknown : []),
    ],
    isKnown: covered.length > 0 || isKnown,
    coverage: report.coverage,
    verdict: report.verdict,
    statuses,
    ...(report.ratings?.lists !== undefined && { lists: report.ratings.lists }),
  };
}

/** Returns the extensions that did not read all of the image. */
function unreadStatuses({ statuses }: Report): ExtensionStatus[] {
  return statuses.filter(({ extension, status }) => status !== 'succeeded' && extension !== versionOrder);
}

/** Returns what of an image cannot be looked up in advisories. */
function unknownParts({ namespaces }: IndexedImage, { coverage }: Report): string[] {
  if (namespaces.length === 0) return ['no package of the image can be looked up in advisories'];
  return coverage.flatMap(({ namespace, status, reason }) =>
    status === 'missing' || status === 'unsupported' ? [`${namespace}: ${reason ?? status}`] : [],
  );
}

/** Records of advisories, and what decides whether their rows count. */
export interface RecordContext {
  readonly records: readonly StoredVulnerability[];
  readonly states: readonly ScopedFeedState[];
  /** Keys of the users' vulnerabilities among the records. */
  readonly userKeys: ReadonlySet<string>;
  readonly deps: ExplainFindingDeps;
}

interface ExplainContext extends RecordContext {
  readonly id: string;
  readonly artifacts: ArtifactNames;
  readonly report: Report;
}

/** Returns the records with that id or alias, in any capitalization. */
async function namedRecordsOf(
  id: string,
  { store, asOf }: ExplainFindingDeps,
): Promise<readonly StoredVulnerability[]> {
  const numbers = await store.vulnerabilities.findNumbersByNames(spellingsOf(id), { asOf });
  return (await store.vulnerabilities.findByNumbers(numbers)).toSorted(compareRecords);
}

/** The order in which records are explained: by source, then by id. */
export function compareRecords(a: StoredVulnerability, b: StoredVulnerability): number {
  return compareText(a.source, b.source) || compareText(a.id, b.id);
}

/** Returns the keys of the users' vulnerabilities among records. */
export async function findUserKeys(
  { records, states }: Pick<RecordContext, 'records' | 'states'>,
  { store, asOf }: ExplainFindingDeps,
): Promise<Set<string>> {
  if (!hasUserVulnerabilities(states)) return new Set();
  const keys = records.flatMap(({ id, affected }) =>
    affected.map(({ namespace }) => userVulnerabilityKey(namespace.name, id)),
  );
  return new Set((await findUserVulnerabilities(keys, store, { asOf })).keys());
}

function isSelected({ name, purl, source }: ImagePackage, { package: selector }: ExplainRequest): boolean {
  return selector === undefined || name === selector || purl === selector || source?.name === selector;
}

/** Returns a package of an unknown group with the lookup under the only group that advisories know. */
function withOnlyGroup(item: ImagePackage, artifacts: ArtifactNames): ImagePackage {
  const lookup = isUngrouped(item) ? lookupByArtifact(item, artifacts) : undefined;
  if (lookup === undefined) return item;
  const remark = `the advisories know its artifact in one group only: ${lookup.name}`;
  return { ...item, lookup, remarks: [...(item.remarks ?? []), remark] };
}

/** Whether any row of the records names the package in its namespace. */
function isCovered(item: ImagePackage, records: readonly StoredVulnerability[]): boolean {
  const namespace = item.lookup?.namespace ?? (isUnmatched(item) ? ecosystemOfType(item.type) : undefined);
  if (namespace === undefined) return false;
  const names = namesOf(item);
  return records.some(({ affected }) =>
    affected.some((row) => row.namespace.name === namespace.name && names.has(row.package)),
  );
}

/** Returns the names by which advisories may refer to a package, and to the module that it replaces. */
function namesOf({
  name,
  source,
  replaces,
  lookup,
}: Pick<ImagePackage, 'name' | 'source' | 'replaces' | 'lookup'>): Set<string> {
  return new Set([name, source?.name ?? name, replaces?.name ?? name, lookup?.name ?? name]);
}

function explainPackage(item: ImagePackage, context: ExplainContext): PackageExplanation {
  const { lookup } = item;
  const rows = lookup === null ? [] : rowsFor({ ...item, lookup }, context);
  const layer = layerOf(item, context.report.layers);
  const { remarks = [] } = item;
  return { package: toPackage(item), layer, remarks, ...outcomeOf(item, rows, context), rows };
}

/** A package that belongs to a namespace. */
export type NamespacedPackage = ImagePackage & { readonly lookup: PackageLookup };

/** Returns the rows that name a package, in its namespace or, if there are no such rows, in others. */
export function rowsFor(item: NamespacedPackage, context: RecordContext): RowExplanation[] {
  const names = namesOf(item);
  const all = context.records.flatMap((record) =>
    record.affected.filter((row) => names.has(row.package)).map((row) => ({ record, row })),
  );
  const own = all.filter(({ row }) => row.namespace.name === item.lookup.namespace.name);
  return (own.length > 0 ? own : all).map(({ record, row }) => explainedRow(item, record, { row, context }));
}

function explainedRow(
  item: NamespacedPackage,
  record: StoredVulnerability,
  { row, context }: { readonly row: KeyedAffected; readonly context: RecordContext },
): RowExplanation {
  const { source, feed } = record;
  const states = statesFor(row.namespace.name, context.states);
  const confidence = confidenceOf(source);
  const state = states.find((known) => known.source === source && known.feed === feed);
  const rowContext = {
    schemes: context.deps.extensions.schemes,
    setAside: setAsideReason(record, row, context),
  };
  return {
    source,
    feed,
    advisory: record.id,
    namespace: row.namespace.name,
    package: row.package,
    range: row.range,
    fix: row.fix,
    severity: row.severity ?? record.severity,
    only: row.only ?? null,
    modified: record.modified ?? null,
    knownSince: record.validFrom,
    fetchedAt: state?.fetchedAt ?? null,
    ...(confidence !== undefined && { confidence }),
    checks: explainRow({ ...row, source, affectedPackage: row.package }, item, rowContext),
  };
}

function setAsideReason(
  { source, id }: StoredVulnerability,
  { namespace }: KeyedAffected,
  { userKeys, states, deps }: RecordContext,
): string | undefined {
  const better = deps.extensions.sources.find(({ name }) => name === source)?.fallbackFor;
  if (isSuperseded(source, deps.extensions.sources, statesFor(namespace.name, states)))
    return `${source} is a fallback for ${better ?? 'another source'}, which is loaded`;
  if (source !== userFeed.source && userKeys.has(userVulnerabilityKey(namespace.name, id)))
    return `the vulnerability that a user wrote for ${id} in ${namespace.name} overrides the feeds`;
  return undefined;
}

function outcomeOf(
  item: ImagePackage,
  rows: readonly RowExplanation[],
  { id, artifacts, report }: ExplainContext,
): Pick<PackageExplanation, 'outcome' | 'reason' | 'vulnerability'> {
  const isOfItem = (match: Match): boolean =>
    match.package.purl === item.purl && match.package.location.path === item.location.path && isOf(match, id);
  const reported = report.matches.find(isOfItem);
  const suppressed = report.suppressed.find(isOfItem);
  const isHit = rows.some(({ checks }) => checks.every(({ holds }) => holds === true));
  if (isHit !== (reported !== undefined || suppressed !== undefined))
    throw new Error(`${id} in ${item.purl}: the rows of the advisories and the report disagree`);
  const vulnerability = (reported ?? suppressed)?.vulnerability ?? null;
  if (reported !== undefined) return { outcome: 'reported', reason: reasonFor(reported), vulnerability };
  if (suppressed !== undefined) return { outcome: 'suppressed', reason: suppressed.reason, vulnerability };
  const isUndecided = rows.some(({ checks }) => checks.at(-1)?.holds === null);
  if (isUndecided) return { outcome: 'undecided', reason: 'the versions cannot be compared', vulnerability };
  return { outcome: 'not-reported', reason: reasonAgainst(item, rows, artifacts), vulnerability };
}

/** Whether a finding has this id, as its own, as an alias, or as the id of one of its advisories. */
function isOf({ vulnerability }: Match, id: string): boolean {
  const { id: own, aliases, advisories } = vulnerability;
  return own === id || aliases.includes(id) || advisories.some((advisory) => advisory.id === id);
}

function reasonFor({ fix, vulnerability }: Match): string {
  const { severity, severitySource } = vulnerability;
  const rated = severitySource ? `${severity} by ${severitySource}` : severity;
  return fix.state === 'fixed'
    ? `${rated}, fixed in ${fix.version}${availabilityOf(fix)}`
    : `${rated}, ${fix.state.replaceAll('-', ' ')}`;
}

function availabilityOf({ availableSince }: Match['fix']): string {
  return availableSince === undefined ? '' : `, available since ${availableSince.slice(0, 10)}`;
}

function reasonAgainst(
  item: ImagePackage,
  rows: readonly RowExplanation[],
  artifacts: ArtifactNames,
): string {
  if (isLeftToOwner(item))
    return `${item.owner}, a package of the distribution, owns its files: the advisories of the distribution decide`;
  if (item.origin !== undefined) return reasonOfOrigin(item.origin);
  if (item.lookup === null) return 'the package belongs to no namespace, so no advisory applies to it';
  const groups = isUngrouped(item) ? (artifacts.get(item.lookup.name) ?? []) : [];
  if (groups.length > 1)
    return `its group is unknown, and the advisories know several: ${groups.slice(0, maxNames).join(', ')}`;
  if (rows.length === 0) return `no advisory of this name covers ${item.lookup.name}`;
  const failed = rows.flatMap(({ checks }) => checks.filter(({ holds }) => holds === false));
  const [reason, ...others] = new Set(failed.map((check) => check.words));
  return reason !== undefined && others.length === 0
    ? reason
    : 'every row of the advisories fails at least one check';
}

function reasonOfOrigin(origin: PackageOrigin): string {
  const place = origin === 'git' ? 'a Git repository' : 'the project of the program itself';
  return `its source is from ${place}, not from the registry: the advisories of the registry do not cover it`;
}

function layerOf(
  { location, layerPosition }: ImagePackage,
  layers: readonly ReportLayer[],
): LayerPosition | null {
  const at = layerPosition ?? layers.findIndex(({ diffId }) => diffId !== null && diffId === location.layer);
  const layer = layers[at] ?? (layers.length === 1 ? layers[0] : undefined);
  if (layer === undefined) return null;
  const { digest, diffId, createdBy } = layer;
  return { position: Math.max(at, 0) + 1, of: layers.length, digest, diffId, createdBy };
}

/** Maximum number of names in a remark. */
const maxNames = 12;

function remarksOf(
  { id, package: packageName }: ExplainRequest,
  {
    records,
    covered,
    isInstalled,
    image,
    statuses,
  }: {
    records: readonly StoredVulnerability[];
    covered: readonly unknown[];
    isInstalled: boolean;
    image: IndexedImage;
    statuses: readonly ExtensionStatus[];
  },
): string[] {
  const missing = packageName !== undefined && !isInstalled ? absenceRemarks(packageName, statuses) : [];
  if (records.length === 0) return [...missing, `no loaded advisory has the name ${id}`];
  if (covered.length > 0) return missing;
  const names = coveredNames(records, image);
  if (names.length === 0) return missing;
  const none = packageName === undefined && statuses.length === 0 ? 'no such package is in the image: ' : '';
  return [...missing, `${none}the advisories cover ${listSome(names, maxNames)}`];
}

/** Returns that a package is not in the image, or what was not read, and may contain it. */
function absenceRemarks(name: string, statuses: readonly ExtensionStatus[]): string[] {
  if (statuses.length === 0) return [`no package ${name} is installed in the image`];
  return statuses.flatMap(({ extension, files }) => {
    const problems = files.filter(({ problem }) => problem !== null);
    const parts = problems.map(({ path, problem }) => `${path} is damaged: ${problem}`);
    return (parts.length === 0 ? [`${extension} failed`] : parts).map(
      (part) => `not known whether ${name} is installed: ${part}`,
    );
  });
}

/** Returns the packages that records cover, in the namespaces of the image or, if there are none, in others. */
function coveredNames(records: readonly StoredVulnerability[], { namespaces }: IndexedImage): string[] {
  const own = new Set(namespaces.map((namespace) => advisoryNamespaceOf(namespace).name));
  const rows = records.flatMap(({ affected }) => affected);
  const inImage = rows.filter(({ namespace }) => own.has(namespace.name));
  const shown = inImage.length > 0 ? inImage : rows;
  return [...new Set(shown.map((row) => `${row.package} in ${row.namespace.name}`))].sort(compareText);
}
