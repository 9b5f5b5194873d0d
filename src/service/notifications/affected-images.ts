import { enrich } from '../../match/enrich.ts';
import { isSameName, spellingsOf } from '../../model/cve.ts';
import type { Match } from '../../model/report.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import { type FeedState, type ScopedFeedState, statesFor } from '../../store/feed-state.ts';
import type { AffectedImage, AffectedRequest } from '../../store/image-store.ts';
import type { AsOf } from '../../store/page.ts';
import type { Store } from '../../store/store.ts';
import type { StoredVulnerability } from '../../store/vulnerability-store.ts';
import { isSuperseded } from '../feeds/choose-feeds.ts';
import { dropOverridden } from '../feeds/user-vulnerabilities.ts';
import { resolveName } from '../findings/resolve-name.ts';
import type { ActiveSuppressions } from '../suppressions/active-suppressions.ts';
import { withCounting } from '../suppressions/counting-findings.ts';
import { disprovingRecords } from './disproving-records.ts';
import { endedFindings, openFindings } from './open-findings.ts';

/** Dependencies of `affectedBy`. */
export interface AffectedImagesDeps {
  readonly store: Pick<Store, 'images' | 'vulnerabilities' | 'advisories'>;
  readonly extensions: Pick<Extensions, 'schemes' | 'sources'>;
  /** Rules and VEX statements whose findings do not count. Absent if none apply. */
  readonly suppressions?: ActiveSuppressions | undefined;
}

/** Dependencies of `affectedBy`: the ratings of findings as well. */
export interface RatedImagesDeps extends AffectedImagesDeps {
  readonly store: AffectedImagesDeps['store'] & Pick<Store, 'enrichments'>;
}

/** An image that has a vulnerability, in packages of one name and version. */
export interface AffectedEntry {
  /** Number of the image. */
  readonly image: number;
  readonly identity: string;
  /** Its tags, and the names of the ancestries and v1 layers that represent it, sorted. */
  readonly names: readonly string[];
  /** Details of the image from scans. Null if no scan has read it. */
  readonly known: AffectedImage['known'];
  /** One finding for each package. */
  readonly findings: readonly Match[];
  /** False if no version scheme can compare the installed version with the advisory's: the image may be affected. */
  readonly isCertain: boolean;
  /** Whether a change of the vulnerability ended the findings: the image had them before it. */
  readonly isEnded: boolean;
  /** The `after` of a request for the entries behind it. */
  readonly position: string;
}

/** A page of affected images. It may have fewer entries than the limit; only the last page has no `next`. */
export interface AffectedList {
  readonly images: readonly AffectedEntry[];
  /** Number of entries that were left out because rules or statements suppress all of their findings. */
  readonly suppressed: number;
  readonly next?: string;
}

/** Requests a page of the images that a vulnerability affects, by the current advisories or those of a time in the past. */
export type AffectedAsOfRequest = AffectedRequest & AsOf;

/**
 * Returns the known images that a vulnerability affects. `name` is its id or an alias, in any case. Returns undefined if the vulnerability is
 * unknown. The severities are those that a scan shows with the current ratings of the store. Throws `usage` for a time outside the history.
 */
export async function affectedBy(
  name: string,
  page: AffectedAsOfRequest,
  deps: RatedImagesDeps,
): Promise<AffectedList | undefined> {
  const { vulnerabilities, advisories } = deps.store;
  const { asOf } = page;
  const id = await resolveName(name, deps.store);
  const named = await recordNumbersNamed(id, deps, { asOf });
  if (named.length === 0) return undefined;
  const states = await advisories.findFeedStates({ asOf });
  const records = (await vulnerabilities.findByNumbers(named)).filter(
    (record) => !isEverywhereSuperseded(record, states, deps),
  );
  const isNamed = (finding: Match): boolean => isOf(id, finding);
  const { images, ...rest } = await affectedByFound({ records, states, isNamed }, page, deps);
  return { ...rest, images: await withRatings(images, states, deps.store) };
}

/** Returns the entries that have such findings, with these only. */
function withFindings(
  entries: readonly AffectedEntry[],
  isWanted: (finding: Match) => boolean,
): AffectedEntry[] {
  return entries.flatMap((entry) => {
    const findings = entry.findings.filter(isWanted);
    return findings.length === 0 ? [] : [{ ...entry, findings }];
  });
}

/** Whether a better source is loaded for every namespace that a record covers. */
function isEverywhereSuperseded(
  { source, affected }: StoredVulnerability,
  states: readonly ScopedFeedState[],
  { extensions: { sources } }: AffectedImagesDeps,
): boolean {
  const namespaces = [...new Set(affected.map((row) => row.namespace.name))];
  return (
    namespaces.length > 0 &&
    namespaces.every((namespace) => isSuperseded(source, sources, statesFor(namespace, states)))
  );
}

/** Returns entries with the ratings of the store, if their advisories do not rate them. */
export async function ratedEntries(
  entries: readonly AffectedEntry[],
  store: Pick<Store, 'advisories' | 'enrichments'>,
): Promise<AffectedEntry[]> {
  return await withRatings(entries, await store.advisories.findFeedStates(), store);
}

/** Adds the ratings of the store to findings that their advisories do not rate. */
async function withRatings(
  entries: readonly AffectedEntry[],
  states: readonly FeedState[],
  store: Pick<Store, 'enrichments'>,
): Promise<AffectedEntry[]> {
  const ids = entries.flatMap(({ findings }) => findings.map(({ vulnerability }) => vulnerability.id));
  const enrichments = await store.enrichments.findByIds(new Set(ids));
  const knowsExploited = states.some(({ source, presence }) => source === 'kev' && presence === 'loaded');
  const rated = (finding: Match): Match => enrich(finding, { enrichments, knowsExploited });
  return entries.map((entry) => ({ ...entry, findings: entry.findings.map(rated) }));
}

/** An advisory that fixes several CVEs makes a finding of each of them. */
function isOf(id: string, { vulnerability }: Match): boolean {
  return [vulnerability.id, ...vulnerability.aliases].some((name) => isSameName(name, id));
}

/** Returns the numbers of the records with that id or alias, in any capitalization. */
async function recordNumbersNamed(id: string, { store }: AffectedImagesDeps, at: AsOf): Promise<number[]> {
  const numbers = new Set<number>();
  for (const spelling of spellingsOf(id))
    for (const number of await store.vulnerabilities.findNumbersById(spelling, at)) numbers.add(number);
  return [...numbers];
}

/**
 * Returns the images that records affect, by the rules of a report. A user's vulnerability overrides what feeds say of the same id. An image
 * whose findings do not count is left out, such as a Go program without the functions that have the vulnerability.
 */
export async function affectedByRecords(
  numbers: readonly number[],
  page: AffectedAsOfRequest,
  deps: AffectedImagesDeps,
): Promise<AffectedList> {
  const { vulnerabilities, advisories } = deps.store;
  const records = await vulnerabilities.findByNumbers(numbers);
  const states = await advisories.findFeedStates({ asOf: page.asOf });
  return await affectedByFound({ records, states, isNamed: () => true }, page, deps);
}

/** The numbers of a record before and after a change. */
export interface ChangedRecord {
  /** Null for a new record. */
  readonly old: number | null;
  /** Null for a withdrawn record. */
  readonly new: number | null;
}

/**
 * Returns the images that changed records affect, and those that they no longer affect (`isEnded`). An image that has both kinds of findings
 * has two entries with one position, so a page may have twice the limit.
 */
export async function affectedByChanges(
  changes: readonly ChangedRecord[],
  page: AffectedRequest,
  deps: AffectedImagesDeps,
): Promise<AffectedList> {
  const { vulnerabilities, advisories } = deps.store;
  const earlier = new Set(changes.flatMap(({ old }) => old ?? []));
  const numbers = new Set([...earlier, ...changes.flatMap(({ new: is }) => is ?? [])]);
  if (numbers.size === 0) return { images: [], suppressed: 0 };
  const records = await vulnerabilities.findByNumbers([...numbers]);
  const states = await advisories.findFeedStates();
  return await affectedByFound({ records, states, isNamed: () => true, earlier }, page, deps);
}

/** Records, the states of all feeds, and which findings of the records are wanted. */
interface FoundRecords {
  readonly records: readonly StoredVulnerability[];
  readonly states: readonly FeedState[];
  readonly isNamed: (finding: Match) => boolean;
  /** The numbers of records as they were before a change. Absent if all are current. */
  readonly earlier?: ReadonlySet<number>;
}

async function affectedByFound(
  { records, states, isNamed, earlier = new Set() }: FoundRecords,
  { asOf, ...page }: AffectedAsOfRequest,
  deps: AffectedImagesDeps,
): Promise<AffectedList> {
  const { numbers: disproving, isWanted } = await disprovingRecords(records, deps.store, { asOf });
  const numbers = records.map(({ number }) => number);
  const { images, ...rest } = await deps.store.images.pageAffected([...numbers, ...disproving], page);
  const hits = images.flatMap((image) => image.hits);
  const effective = new Set(await dropOverridden(hits, states, { store: deps.store, asOf }));
  const entries = images.flatMap((image) =>
    entriesOf(
      { ...image, hits: image.hits.filter((hit) => effective.has(hit)) },
      { earlier, always: new Set(disproving) },
      deps,
    ),
  );
  const found = withFindings(entries, (finding) => isWanted(finding) && isNamed(finding));
  const counting = await withoutSuppressed(found, deps);
  return { ...rest, images: counting, suppressed: found.length - counting.length };
}

/** Leaves out the findings that rules or statements suppress. */
async function withoutSuppressed(
  entries: readonly AffectedEntry[],
  { suppressions, extensions: { schemes } }: AffectedImagesDeps,
): Promise<readonly AffectedEntry[]> {
  if (suppressions === undefined) return entries;
  const ofAll = await suppressions.current();
  const numbers = [...new Set(entries.flatMap(({ known }) => known?.number ?? []))];
  const withOwn = await suppressions.withOwnStatements(numbers);
  const counting = new Map<AffectedEntry, readonly AffectedEntry[]>();
  // One image after the other: their statements may be large.
  for (const [number, ofImage] of Map.groupBy(entries, ({ known }) => known?.number)) {
    const hasOwn = number !== undefined && withOwn.has(number);
    const index = hasOwn ? (await suppressions.forImage(number)).index : ofAll;
    for (const entry of ofImage) counting.set(entry, withCounting(entry, { index, schemes }));
  }
  return entries.flatMap((entry) => counting.get(entry) ?? []);
}

/** Returns an entry as JSON, for files and for API clients. */
export function toAffectedJson({ identity, names, known, findings, isCertain }: AffectedEntry): object {
  const { reference, digest, untaggedSince } = known ?? {};
  const packages = findings.map(({ package: item, fix, vulnerability }) => ({
    ...item,
    fix,
    severity: vulnerability.severity,
  }));
  return { identity, names, reference, digest, untaggedSince, certain: isCertain, packages };
}

/** Which records were current before a change only, and which before and after it. All others are current only after it. */
interface RecordTimes {
  readonly earlier: ReadonlySet<number>;
  readonly always: ReadonlySet<number>;
}

function entriesOf(
  { image, identity, names, known, position, packages, hits }: AffectedImage,
  { earlier, always }: RecordTimes,
  { extensions }: AffectedImagesDeps,
): AffectedEntry[] {
  const entry = { image, identity, names, known, position };
  const current = hits.filter(({ record }) => !earlier.has(record));
  const open = openFindings({ packages, hits: current }, extensions);
  const entries = [{ ...entry, ...open, isEnded: false }];
  if (current.length < hits.length) {
    const before = hits.filter(({ record }) => earlier.has(record) || always.has(record));
    entries.push({ ...entry, ...endedFindings({ packages, hits: before }, open, extensions), isEnded: true });
  }
  return entries.filter(({ findings }) => findings.length > 0);
}
