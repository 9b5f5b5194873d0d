import { rankUpgrades } from '../../match/upgrades/plan-upgrades.ts';
import type { WeighedFinding } from '../../match/upgrades/weighed-finding.ts';
import { namespaceOfProduct, schemesOfTypes } from '../../model/namespace.ts';
import type { PlannedUpgrade, UpgradeRanking } from '../../model/upgrade.ts';
import type { VersionScheme } from '../../plugin/version-scheme.ts';
import type { FoundPackage } from '../../store/finding-count-store.ts';
import type { UpgradeFinding, UpgradeSet } from '../../store/finding-index-store.ts';
import type { Store } from '../../store/store.ts';

/** An upgrade of many images. Their packages are not listed, and only the first twenty of their versions. */
export interface FleetUpgrade extends Omit<PlannedUpgrade, 'packages'> {
  /** Number of all installed versions. */
  readonly versionCount: number;
}

/** Maximum number of listed versions. */
const versionsListedMax = 20;

/** The best upgrades of many images, and when their findings were counted. */
export interface FleetUpgrades extends Omit<UpgradeRanking, 'upgrades'> {
  /** ISO 8601. */
  readonly countedAt: string;
  readonly upgrades: readonly FleetUpgrade[];
}

/** Dependencies of `planFleetUpgrades`. */
export interface FleetUpgradesDeps {
  readonly store: Pick<Store, 'findingCounts' | 'findingIndex'>;
  readonly schemes: readonly VersionScheme[];
  readonly signal?: AbortSignal | undefined;
}

/** The images to upgrade, and the number of listed upgrades. */
export interface FleetUpgradesScope {
  /** Those that have a name in this repository now; all by default. */
  readonly repository?: string | undefined;
  readonly limit: number;
}

/** Number of package sets per read. */
const setsAtATime = 200;

/**
 * Ranks the upgrades of all counted images, or of those of a repository. Reads all of their findings. The index has no ranges of versions:
 * an upgrade closes a finding if its version is at least the fixed one. It has no parents, layers and base images either. Returns undefined
 * before the first count. Throws the reason of the signal if that aborts.
 */
export async function planFleetUpgrades(
  { repository, limit }: FleetUpgradesScope,
  { store, schemes, signal }: FleetUpgradesDeps,
): Promise<FleetUpgrades | undefined> {
  const totals = await store.findingCounts.findTotals();
  if (totals === undefined) return undefined;
  const collected = new CollectedFindings();
  for (let after: number | undefined = 0; after !== undefined; ) {
    signal?.throwIfAborted();
    const { sets, next } = await store.findingIndex.pageUpgrades(
      { repository },
      { limit: setsAtATime, after },
    );
    for (const set of sets) collected.add(set);
    after = next;
  }
  const ranking = rankUpgrades(collected.findings(), {
    schemes,
    limit,
    imagesOf: (closed) => collected.imagesOf(closed),
  });
  const upgrades = ranking.upgrades.map(({ packages: _, versions, ...upgrade }) => ({
    ...upgrade,
    versions: versions.slice(0, versionsListedMax),
    versionCount: versions.length,
  }));
  return { ...ranking, countedAt: totals.at, upgrades };
}

/** A finding of one version of a package, in any number of package sets. */
interface CollectedFinding {
  readonly finding: UpgradeFinding;
  images: number;
  readonly sets: number[];
}

/** The findings of package sets, each once. */
class CollectedFindings {
  readonly #found = new Map<string, CollectedFinding>();
  readonly #imagesOfSets = new Map<number, number>();
  readonly #setsOf = new WeakMap<object, readonly number[]>();

  add({ set, images, findings }: UpgradeSet): void {
    this.#imagesOfSets.set(set, images);
    for (const finding of findings) {
      const key = `${finding.packageNumber} ${finding.vulnerability}`;
      const known = this.#found.get(key);
      if (known === undefined) this.#found.set(key, { finding, images, sets: [set] });
      else if (known.sets.at(-1) !== set) {
        known.images += images;
        known.sets.push(set);
      }
    }
  }

  findings(): WeighedFinding[] {
    return Array.from(this.#found.values(), ({ finding, images, sets }) => {
      const weighed = weighedFinding(finding, images);
      this.#setsOf.set(weighed.package, sets);
      return weighed;
    });
  }

  /** Returns the number of images that have any of some findings. An image counts for each of its package sets that has one. */
  imagesOf(findings: readonly WeighedFinding[]): number {
    const sets = new Set(findings.flatMap((finding) => this.#setsOf.get(finding.package) ?? []));
    let images = 0;
    for (const set of sets) images += this.#imagesOfSets.get(set) ?? 0;
    return images;
  }
}

function weighedFinding(
  { vulnerability: id, severity, exploited, epss, fix, package: found }: UpgradeFinding,
  weight: number,
): WeighedFinding {
  const { namespace, lookupName, type, name, version, source } = found;
  return {
    vulnerability: { id, severity, kev: exploited === 'unknown' ? null : exploited === 'yes', epss },
    package: { type, name, version, source: source === null ? null : { name: source, version } },
    fix,
    evidence: [
      {
        namespace,
        package: lookupName,
        installed: version,
        range: fix.state === 'fixed' ? { to: fix.version } : {},
        versionScheme: versionSchemeOf(found),
      },
    ],
    weight,
  };
}

/** Returns the name of the scheme of a package. Empty if it has none: its versions then have no order. */
function versionSchemeOf({ type, namespace }: FoundPackage): string {
  const product = namespaceOfProduct(namespace.slice(namespace.indexOf(':') + 1));
  if (product?.name === namespace) return product.versionScheme;
  return schemesOfTypes.get(type) ?? '';
}
