import type { Package, PackageEvidence, PackageOrigin, SourcePackage } from '../../model/package.ts';
import type { PeerFinding, PeerPackage, PeerReport } from '../../model/peer-report.ts';
import type { Coverage, Match, Report, SuppressedMatch, UnreadEvidence } from '../../model/report.ts';
import { packageKeyOf, packageKeysOf } from './package-index.ts';
import type { AliasGroups, GroupedNames } from './vulnerability-names.ts';

/** The compared part of a finding of Clair. */
export interface OwnFinding {
  readonly vulnerability: Pick<Match['vulnerability'], 'id' | 'aliases' | 'severity'> & {
    readonly advisories: readonly { readonly id: string }[];
  };
  readonly package: Pick<Match['package'], 'type' | 'name' | 'version' | 'source'> &
    Pick<OwnPackage, 'evidence' | 'location'>;
  readonly fix: Match['fix'];
}

/** The compared part of a package of Clair. */
export interface OwnPackage extends Pick<Package, 'type' | 'name' | 'version'> {
  readonly source?: SourcePackage | undefined;
  readonly evidence?: PackageEvidence | undefined;
  readonly owner?: string | undefined;
  readonly origin?: PackageOrigin | undefined;
  readonly location: { readonly path: string };
  readonly locations?: readonly { readonly path: string }[] | undefined;
}

/** The compared part of a report of Clair, which may be read from a file. */
export interface OwnReport extends Pick<Report, 'verdict'> {
  readonly target: Pick<Report['target'], 'reference'>;
  readonly packages: readonly OwnPackage[];
  readonly matches: readonly OwnFinding[];
  readonly suppressed: readonly (OwnFinding & Pick<SuppressedMatch, 'reason'>)[];
  readonly coverage: readonly (Pick<Coverage, 'namespace' | 'status' | 'reason'> & {
    readonly contentDate?: string | null | undefined;
    /** Present in the coverage of unlisted packages. */
    readonly evidence?: unknown;
  })[];
  readonly unread?: readonly Pick<UnreadEvidence, 'paths'>[] | undefined;
}

/** A finding of either report, prepared for the comparison. */
export interface ComparedEntry extends Omit<PeerFinding, 'fixedVersions'> {
  /** Versions with a fix. Empty if the report states none. */
  readonly fixedVersions: readonly string[];
  readonly names: GroupedNames;
  /** Keys of the package, and of the source package that it was built from. */
  readonly packageKeys: readonly string[];
  /** Key of the source package. Absent for findings of other scanners, and for packages without one. */
  readonly sourceKey?: string;
}

/** Returns the findings of a report of Clair, each vulnerability of a package once. The suppressed ones are last. */
export function ownEntries(report: OwnReport, groups: AliasGroups): ComparedEntry[] {
  const owners = new Map(
    report.packages.flatMap((item) => (item.owner ? [[packageKeyOf(item), item.owner]] : [])),
  );
  const entryOf = (finding: OwnFinding & { readonly reason?: string }): ComparedEntry => {
    const owner = owners.get(packageKeyOf(finding.package));
    return ownEntry(finding, owner, groups);
  };
  return distinctEntries([...report.matches, ...report.suppressed].map(entryOf));
}

function ownEntry(
  { vulnerability, package: item, fix, reason }: OwnFinding & { readonly reason?: string },
  owner: string | undefined,
  groups: AliasGroups,
): ComparedEntry {
  const { id, aliases, severity } = vulnerability;
  const advisories = vulnerability.advisories.map((advisory) => advisory.id);
  return {
    id,
    aliases,
    advisories,
    severity,
    package: ownPackage({ ...item, ...(owner !== undefined && { owner }) }),
    fixedVersions: fix.state === 'fixed' ? [fix.version] : [],
    names: groups.groupsOf({ id, aliases, advisories }),
    packageKeys: packageKeysOf(item),
    ...(item.source != null && { sourceKey: packageKeyOf({ type: item.type, ...item.source }) }),
    ...(reason !== undefined && { suppressed: reason }),
  };
}

/** Returns a package of Clair in the form of other scanners. */
export function ownPackage({
  type,
  name,
  version,
  evidence,
  owner,
  location,
  locations,
}: Omit<OwnPackage, 'source'>): PeerPackage {
  return {
    type,
    name,
    version,
    ...(evidence && { evidence }),
    ...(owner && { owner }),
    paths: (locations ?? [location]).map(({ path }) => `/${path}`),
  };
}

/** Returns the findings of another scanner, each vulnerability of a package once. The suppressed ones are last. */
export function peerEntries({ findings }: PeerReport, groups: AliasGroups): ComparedEntry[] {
  const entries = findings.map((finding) => ({
    ...finding,
    names: groups.groupsOf(finding),
    packageKeys: [packageKeyOf(finding.package)],
  }));
  return distinctEntries(entries.sort((a, b) => Number(isSuppressed(a)) - Number(isSuppressed(b))));
}

/** Whether the report does not count the finding. */
export function isSuppressed({ suppressed }: Pick<PeerFinding, 'suppressed'>): boolean {
  return suppressed !== undefined;
}

/** Joins the paths of equal findings. A finding that counts stands for one that does not. */
function distinctEntries(entries: readonly ComparedEntry[]): ComparedEntry[] {
  const groups = Map.groupBy(entries, (entry) => `${packageKeyOf(entry.package)}\n${entry.id}`);
  return Array.from(groups.values(), ([first, ...others]) => {
    if (first === undefined || others.length === 0) return first;
    const paths = new Set([first, ...others].flatMap((entry) => entry.package.paths));
    return { ...first, package: { ...first.package, paths: [...paths] } };
  }).filter((entry) => entry !== undefined);
}

/** Finds the findings of a report that are about the same vulnerability of the same package. */
export class EntryIndex {
  readonly #byOwnName = new Map<string, ComparedEntry>();
  readonly #byAdvisory = new Map<string, ComparedEntry>();

  constructor(entries: Iterable<ComparedEntry>) {
    for (const entry of entries)
      for (const key of entry.packageKeys) {
        for (const name of entry.names.own) this.#byOwnName.set(`${key}\n${name}`, entry);
        for (const name of entry.names.advisories) this.#byAdvisory.set(`${key}\n${name}`, entry);
      }
  }

  /** Returns a finding about the same vulnerability. An advisory that both only refer to does not make them the same. */
  find({ packageKeys, names }: Pick<ComparedEntry, 'packageKeys' | 'names'>): ComparedEntry | undefined {
    for (const key of packageKeys) {
      for (const name of names.own) {
        const same = this.#byOwnName.get(`${key}\n${name}`) ?? this.#byAdvisory.get(`${key}\n${name}`);
        if (same !== undefined) return same;
      }
      for (const name of names.advisories) {
        const same = this.#byOwnName.get(`${key}\n${name}`);
        if (same !== undefined) return same;
      }
    }
    return undefined;
  }
}
