import { findingsOf, type Hit } from '../match/findings.ts';
import { isInRange } from '../match/key-range.ts';
import { isWhollyKnown, verdictOf } from '../match/verdict.ts';
import type { Namespace } from '../model/namespace.ts';
import { compareText } from '../model/order.ts';
import type { Package } from '../model/package.ts';
import type { ExtensionStatus, Report, Target } from '../model/report.ts';
import type { Extensions } from '../plugin/extensions.ts';
import type { ImagePackage, Store, StoredMatch } from '../store/store.ts';
import { type CoverageRoom, coverageOf } from './coverage.ts';
import type { IndexedImage } from './index-image.ts';

/** What matching needs. */
export interface MatchingRoom extends CoverageRoom {
  readonly extensions: Extensions;
  readonly store: Pick<Store, 'images' | 'advisories'>;
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
  const { hits, undecided } = decide(stored, image.packages, room.extensions);
  const { matches, suppressed } = findingsOf(hits, (scheme, a, b) =>
    schemeOf(room.extensions, scheme)?.compare(a, b),
  );
  const namespaces = namespacesOf(image.packages);
  const coverage = await coverageOf(image, namespaces, room);
  const statuses = [...image.statuses, ...undecided].sort((a, b) => compareText(a.extension, b.extension));
  const isAssessed = isWhollyKnown({ packages: image.packages.length, coverage, statuses });
  const report: Report = {
    schemaVersion: 1,
    target,
    distro: image.distro,
    namespaces,
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

function schemeOf({ schemes }: Extensions, name: string): Extensions['schemes'][number] | undefined {
  return schemes.find((scheme) => scheme.name === name);
}

/** The namespaces of the packages, each once. */
export function namespacesOf(packages: readonly ImagePackage[]): Namespace[] {
  const byName = new Map(
    packages.flatMap(({ lookup }) => (lookup === null ? [] : [[lookup.namespace.name, lookup.namespace]])),
  );
  return [...byName.values()].sort((a, b) => compareText(a.name, b.name));
}

function toPackage({ lookup, ...item }: ImagePackage): Package {
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
    if (item?.lookup == null) continue;
    const installed = item.lookup.version;
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
