import { absentFunctions } from '../../match/absent-functions.ts';
import { appliesToSourcePackage } from '../../match/applies.ts';
import { enrich } from '../../match/enrich.ts';
import { type FindingOptions, type Findings, findingsOf, type Hit } from '../../match/findings.ts';
import { rowMatches } from '../../match/row-matches.ts';
import { countUnrated } from '../../match/verdict.ts';
import { compareText } from '../../model/order.ts';
import type { Package } from '../../model/package.ts';
import { type ExtensionStatus, isUnderInvestigation, type Match, type Ratings } from '../../model/report.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { VersionScheme } from '../../plugin/version-scheme.ts';
import type { StoredEnrichment } from '../../store/enrichment-store.ts';
import { type FeedState, type ScopedFeedState, statesFor } from '../../store/feed-state.ts';
import type { ImagePackage, MatchOptions, StoredMatch } from '../../store/image-store.ts';
import type { Store } from '../../store/store.ts';
import { isSuperseded } from '../feeds/choose-feeds.ts';
import { dropOverridden } from '../feeds/user-vulnerabilities.ts';
import { versionOrder } from '../images/extension-status.ts';
import { positionsOfUngrouped } from '../images/package-lookup.ts';
import { findMatchesByArtifact } from './artifact-groups.ts';
import { markUnloadedSources } from './unloaded-sources.ts';

/** Dependencies of `assessPackages`. With `asOf`, uses the advisories of that time. Enrichments have no history. */
export interface AssessmentDeps extends MatchOptions, FindingOptions {
  readonly extensions: Pick<Extensions, 'schemes' | 'sources'>;
  readonly store: Pick<Store, 'images' | 'advisories' | 'enrichments' | 'vulnerabilities'>;
  /** Positions of the packages of unknown groups. Absent if they are to be found. */
  readonly ungrouped?: readonly number[] | undefined;
  /** Looks up ratings that the store does not have. Absent if nothing is looked up, and the report needs no reason for that. */
  readonly lookUp?: LookUpRatings;
}

/** Looks up enrichments of the vulnerabilities found. */
export type LookUpRatings = (request: RatingLookupRequest) => Promise<RatingLookupResult>;

/** The vulnerabilities found in an image. */
export interface RatingLookupRequest {
  /** Ids of all of them. */
  readonly ids: ReadonlySet<string>;
  /**
   * Those that no advisory rates, and that count or that the vendor still investigates: ids, with the namespaces in which they were found.
   */
  readonly unrated: ReadonlyMap<string, ReadonlySet<string>>;
  /** Stored enrichments, including those of earlier lookups. */
  readonly enrichments: ReadonlyMap<string, readonly StoredEnrichment[]>;
}

/** Fetched enrichments, and the reason why others are missing. */
export interface RatingLookupResult {
  /** Whether the store may have more than before. */
  readonly isStoreChanged: boolean;
  /** Fetched enrichments, even if they could not be stored. */
  readonly enrichments: readonly StoredEnrichment[];
  /** Reason for missing ratings, for people. Null if all lookups succeeded. */
  readonly reason: string | null;
}

/** A hit, with the position of its package in the image. */
export interface PlacedHit extends Hit {
  readonly position: number;
}

/** Vulnerabilities of the packages of an image. */
export interface Assessment {
  /** Every advisory row that matches an installed package, including those of suppressed findings. */
  readonly hits: readonly PlacedHit[];
  readonly findings: Findings;
  /** Enrichments by CVE id. */
  readonly enrichments: ReadonlyMap<string, readonly StoredEnrichment[]>;
  readonly ratings: Omit<Ratings, 'lists'>;
  /** States of all feeds, after lookups. */
  readonly states: readonly ScopedFeedState[];
  /** Advisories whose range cannot be compared with an installed version. */
  readonly undecided: readonly ExtensionStatus[];
}

/** Finds the vulnerable packages of an image: with one range join, and then in code for what the join cannot decide. */
export async function assessPackages(
  image: number,
  packages: readonly ImagePackage[],
  deps: AssessmentDeps,
): Promise<Assessment> {
  const { store, extensions, asOf, isRemembered, ungrouped } = deps;
  const byName = await store.images.findMatches(image, { asOf, isRemembered });
  const byArtifact = await findMatchesByArtifact(packages, ungrouped ?? positionsOfUngrouped(packages), deps);
  const stored = [...byName, ...byArtifact];
  const states = await store.advisories.findFeedStates({ asOf });
  const counting = withoutSuperseded(stored, states, extensions);
  const effective = await dropOverridden(counting, states, { store, asOf });
  const { hits, undecided } = decide(effective, packages, extensions);
  const all = findingsOf(hits, (scheme, a, b) => schemeOf(extensions, scheme)?.compare(a, b), deps);
  const found = {
    matches: all.matches.map((match) => markUnloadedSources(match, extensions)),
    suppressed: all.suppressed.map((match) => markUnloadedSources(match, extensions)),
  };
  return { hits, undecided, ...(await enrichFindings(found, states, deps)) };
}

/** Returns the rows without those of fallback sources whose preferred source is loaded for the namespace. */
function withoutSuperseded(
  stored: readonly StoredMatch[],
  states: readonly ScopedFeedState[],
  { sources }: Pick<Extensions, 'sources'>,
): readonly StoredMatch[] {
  const byNamespace = new Map<string, readonly FeedState[]>();
  return stored.filter(({ source, namespace: { name } }) => {
    const counting = byNamespace.get(name) ?? statesFor(name, states);
    byNamespace.set(name, counting);
    return !isSuperseded(source, sources, counting);
  });
}

/** Adds severities, exploitation and EPSS from enrichments to findings, after a lookup if needed. */
async function enrichFindings(
  { matches, suppressed }: Findings,
  states: readonly ScopedFeedState[],
  deps: AssessmentDeps,
): Promise<Pick<Assessment, 'findings' | 'enrichments' | 'ratings' | 'states'>> {
  const ids = new Set([...matches, ...suppressed].map(({ vulnerability }) => vulnerability.id));
  // A gate needs the severity of a finding that the vendor still investigates, too.
  const rated = [...matches, ...suppressed.filter(isUnderInvestigation)];
  const { enrichments, reason, states: now } = await loadEnrichments({ ids, matches: rated, states }, deps);
  const isLoaded = (name: string): boolean =>
    now.some(({ source, presence }) => source === name && presence === 'loaded');
  const knowsExploited = isLoaded('kev');
  const add = <T extends Match>(match: T): T => enrich(match, { enrichments, knowsExploited });
  const assessed = { matches: matches.map(add), suppressed: suppressed.map(add) };
  return {
    findings: assessed,
    enrichments,
    states: now,
    ratings: {
      unrated: countUnrated(assessed.matches),
      knowsExploited,
      knowsEpss: isLoaded('epss'),
      reason: joinReasons([reason, ...unratedReasons(assessed.matches, enrichments)]),
    },
  };
}

/** Returns the reasons why known CVEs have no severity. Their findings stay, because advisories report them. */
function unratedReasons(
  matches: readonly Match[],
  enrichments: ReadonlyMap<string, readonly StoredEnrichment[]>,
): (string | null)[] {
  const unrated = matches
    .map(({ vulnerability }) => vulnerability)
    .filter(({ severity }) => severity === 'Unknown')
    .map(({ id }) => ({ id, known: enrichments.get(id) ?? [] }));
  const rejected = unrated.filter(({ known }) => known.some((one) => one.rejected === true));
  const contradictory = unrated.flatMap(({ id, known }) =>
    known.flatMap(({ contradiction }) => (contradiction === undefined ? [] : `${id}: ${contradiction}`)),
  );
  return [
    rejected.length === 0 ? null : `the CVEs of ${findingCount(rejected.length)} were rejected`,
    contradictory.length === 0
      ? null
      : `the ratings of ${findingCount(contradictory.length)} contradict themselves (${contradictory[0]})`,
  ];
}

function findingCount(count: number): string {
  return `${count} ${count === 1 ? 'finding' : 'findings'}`;
}

function joinReasons(reasons: readonly (string | null)[]): string | null {
  return reasons.filter((reason) => reason !== null).join('; ') || null;
}

/** Returns the enrichments of vulnerabilities, after a lookup if lookups are enabled. */
async function loadEnrichments(
  {
    ids,
    matches,
    states,
  }: {
    readonly ids: Set<string>;
    readonly matches: readonly Match[];
    readonly states: readonly ScopedFeedState[];
  },
  { store, lookUp, asOf }: AssessmentDeps,
): Promise<
  Pick<Assessment, 'enrichments'> &
    Pick<RatingLookupResult, 'reason'> & { states: readonly ScopedFeedState[] }
> {
  if (ids.size === 0) return { enrichments: new Map(), reason: null, states };
  const stored = await store.enrichments.findByIds(ids);
  // A published list that cannot be fetched has a state until then.
  if (lookUp === undefined)
    return { enrichments: stored, reason: null, states: await store.advisories.findFeedStates({ asOf }) };
  const unrated = matches.filter(({ vulnerability }) => vulnerability.severity === 'Unknown');
  const { isStoreChanged, enrichments, reason } = await lookUp({
    ids,
    unrated: namespacesById(unrated),
    enrichments: stored,
  });
  // Another process may have loaded a feed since the states were read.
  const now = await store.advisories.findFeedStates({ asOf });
  const isChanged = isStoreChanged || feedContentKey(now) !== feedContentKey(states);
  return {
    enrichments: withFetched(isChanged ? await store.enrichments.findByIds(ids) : stored, enrichments),
    reason,
    states: now,
  };
}

function namespacesById(matches: readonly Match[]): ReadonlyMap<string, ReadonlySet<string>> {
  const byId = Map.groupBy(matches, ({ vulnerability }) => vulnerability.id);
  return new Map(
    [...byId].map(([id, same]) => [
      id,
      new Set(same.flatMap(({ evidence }) => evidence.map(({ namespace }) => namespace))),
    ]),
  );
}

/** Returns a key that changes with the content of the feeds. */
function feedContentKey(states: readonly ScopedFeedState[]): string {
  return states
    .map(({ source, feed, presence, fetchedAt }) => `${source} ${feed} ${presence} ${fetchedAt}`)
    .join('\n');
}

/** Returns the stored enrichments, with fetched ones replacing those of the same source. */
function withFetched(
  stored: ReadonlyMap<string, readonly StoredEnrichment[]>,
  fetched: readonly StoredEnrichment[],
): ReadonlyMap<string, readonly StoredEnrichment[]> {
  const all = new Map(stored);
  for (const one of fetched) {
    const others = (stored.get(one.id) ?? []).filter(({ source }) => source !== one.source);
    all.set(
      one.id,
      [...others, one].sort((a, b) => compareText(a.source, b.source)),
    );
  }
  return all;
}

function schemeOf({ schemes }: AssessmentDeps['extensions'], name: string): VersionScheme | undefined {
  return schemes.find((scheme) => scheme.name === name);
}

/** Returns a package without the fields for lookups, as in a report. */
export function toPackage({ lookup, layerPosition, functions, remarks, ...item }: ImagePackage): Package {
  return item;
}

/** Compares with the version scheme where keys could not decide. Rows that the scheme cannot compare either are undecided. */
function decide(
  stored: readonly StoredMatch[],
  packages: readonly ImagePackage[],
  extensions: AssessmentDeps['extensions'],
): { hits: PlacedHit[]; undecided: ExtensionStatus[] } {
  const hits: PlacedHit[] = [];
  const undecided: { path: string; layer: Package['location']['layer']; problem: string }[] = [];
  for (const { package: position, decided, ...row } of stored) {
    const item = packages[position];
    if (item?.lookup == null) continue;
    const { version: installed } = (appliesToSourcePackage(row.only) && item.lookup.source) || item.lookup;
    const isHit = rowMatches({ ...row, decided }, item, { version: installed, schemes: extensions.schemes });
    const absent = isHit === true ? absentFunctions(row, item) : undefined;
    if (isHit) hits.push({ ...row, position, package: toPackage(item), installed, absent });
    if (isHit !== undefined) continue;
    const problem = `${row.id}: no order between ${item.name} ${installed} and the advisory of ${row.affectedPackage} (${row.namespace.versionScheme})`;
    undecided.push({ path: item.location.path, layer: item.location.layer, problem });
  }
  return {
    hits,
    undecided:
      undecided.length === 0 ? [] : [{ extension: versionOrder, status: 'partly-failed', files: undecided }],
  };
}
