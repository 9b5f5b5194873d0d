import { applies, speaksOfSource } from '../match/applies.ts';
import { enrich } from '../match/enrich.ts';
import { type Findings, findingsOf, type Hit } from '../match/findings.ts';
import { isInRange } from '../match/key-range.ts';
import { isWhollyKnown, verdictOf } from '../match/verdict.ts';
import { compareText } from '../model/order.ts';
import type { Package } from '../model/package.ts';
import type { ExtensionStatus, Match, Report, Target } from '../model/report.ts';
import type { Extensions } from '../plugin/extensions.ts';
import type { FeedState, ImagePackage, Store, StoredMatch } from '../store/store.ts';
import { isSuperseded } from './choose-feeds.ts';
import { type CoverageRoom, coverageOf } from './coverage.ts';
import type { IndexedImage } from './index-image.ts';

/** What matching needs. */
export interface MatchingRoom extends CoverageRoom {
  readonly extensions: Extensions;
  readonly store: Pick<Store, 'images' | 'advisories' | 'enrichments'>;
}

/** A report, and whether everything was known that a `clean` needs, findings aside. */
export interface AssessedReport {
  readonly report: Report;
  readonly isAssessed: boolean;
}

/** Asks the store which packages are vulnerable and makes the report. */
export async function matchImage(
  target: Target,
  image: IndexedImage,
  room: MatchingRoom,
): Promise<AssessedReport> {
  const stored = await room.store.images.matches(image.id);
  const states = await room.store.advisories.feedStates();
  const standing = stored.filter(({ source }) => !isSuperseded(source, room.extensions.sources, states));
  const { hits, undecided } = decide(standing, image.packages, room.extensions);
  const { matches, suppressed } = await enriched(
    findingsOf(hits, (scheme, a, b) => schemeOf(room.extensions, scheme)?.compare(a, b)),
    states,
    room,
  );
  const coverage = await coverageOf(image, room);
  const statuses = [...image.statuses, ...undecided].sort((a, b) => compareText(a.extension, b.extension));
  const isAssessed = isWhollyKnown({ packages: image.packages.length, coverage, statuses });
  const report: Report = {
    schemaVersion: 1,
    target,
    distro: image.distro,
    namespaces: image.namespaces,
    layers: image.layers,
    packages: image.packages.map(toPackage),
    matches,
    suppressed,
    verdict: verdictOf(matches, isAssessed),
    coverage: coverage.map(({ namespace, status, newestAdvisory, fetchedAt, reason }) => ({
      namespace,
      status,
      newestAdvisory,
      fetchedAt,
      reason,
    })),
    statuses,
  };
  return { report, isAssessed };
}

/** Findings with what others than the distributions know of them. */
async function enriched(
  { matches, suppressed }: Findings,
  states: readonly FeedState[],
  { store }: MatchingRoom,
): Promise<Findings> {
  const ids = [...matches, ...suppressed].map(({ vulnerability }) => vulnerability.id);
  const enrichments = await store.enrichments.find(new Set(ids));
  const knowsExploited = states.some(({ source, presence }) => source === 'kev' && presence === 'loaded');
  const add = <T extends Match>(match: T): T => enrich(match, { enrichments, knowsExploited });
  return { matches: matches.map(add), suppressed: suppressed.map(add) };
}

function schemeOf({ schemes }: Extensions, name: string): Extensions['schemes'][number] | undefined {
  return schemes.find((scheme) => scheme.name === name);
}

function toPackage({ lookup, repositories, owner, ...item }: ImagePackage): Package {
  return item;
}

/** Rows whose keys could not decide are compared as the native tool does; where that cannot tell either, the report says so. */
function decide(
  stored: readonly StoredMatch[],
  packages: readonly ImagePackage[],
  extensions: Extensions,
): { hits: Hit[]; undecided: ExtensionStatus[] } {
  const hits: Hit[] = [];
  const undecided: { path: string; layer: Package['location']['layer']; problem: string }[] = [];
  for (const { package: position, decided, ...row } of stored) {
    const item = packages[position];
    if (item?.lookup == null || !applies(row, item)) continue;
    const { version: installed } = (speaksOfSource(row.only) && item.lookup.source) || item.lookup;
    const scheme = schemeOf(extensions, row.namespace.versionScheme);
    const holds = decided || (scheme && isInRange(scheme, row.range, installed));
    if (holds) hits.push({ ...row, package: toPackage(item), installed });
    if (holds !== undefined) continue;
    const problem = `${row.id}: no order between ${item.name} ${installed} and the advisory of ${row.affectedPackage} (${row.namespace.versionScheme})`;
    undecided.push({ path: item.location.path, layer: item.location.layer, problem });
  }
  return {
    hits,
    undecided:
      undecided.length === 0
        ? []
        : [{ extension: 'version-order', status: 'partly-failed', files: undecided }],
  };
}
