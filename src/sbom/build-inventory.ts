import { limits } from '../core/limits.ts';
import { stripControls } from '../kit/untrusted-text.ts';
import type { Distro } from '../model/distro.ts';
import { namespaceOf } from '../model/namespace.ts';
import { compareText } from '../model/order.ts';
import { listedBySbom, type Package } from '../model/package.ts';
import type { ExtensionStatus, Inventory } from '../model/report.ts';
import type { SbomDocument, SbomEntry } from './sbom-entry.ts';
import { tooManyListed } from './sbom-json.ts';

type ThirdPartyEntry = Extract<SbomEntry, { thirdPartyPackage: Package }>;
type DistroEntry = Extract<SbomEntry, { distro: Distro }>;
type ProblemEntry = Extract<SbomEntry, { problem: string }>;

/** The entries of a document, by kind. */
interface EntriesByKind {
  readonly clairPackages: readonly Package[];
  readonly thirdPartyEntries: readonly ThirdPartyEntry[];
  readonly distroEntries: readonly DistroEntry[];
  readonly problems: readonly ProblemEntry[];
}

/**
 * Builds the inventory of a document. Everything that cannot be understood becomes a problem, so that the verdict is
 * never `clean`.
 */
export function buildInventory({ entries, isFromClair, ...document }: SbomDocument, name: string): Inventory {
  const entriesByKind = groupByKind(entries, name);
  const { clairPackages, thirdPartyEntries, distroEntries } = entriesByKind;
  const distro = chooseDistro(entriesByKind);
  const packages = [...clairPackages, ...thirdPartyEntries.map(({ thirdPartyPackage }) => thirdPartyPackage)];
  const problems = [
    ...entriesByKind.problems,
    ...additionalDistros(distroEntries),
    ...packagesOfOtherReleases(thirdPartyEntries, distro),
  ];
  if (!isFromClair && packages.length + problems.length === 0)
    problems.push({ problem: 'lists no packages', reference: listedBySbom });
  const hasDocumentStatus = thirdPartyEntries.length + problems.length > 0;
  return {
    ...document,
    distro: distro ?? null,
    packages,
    statuses: hasDocumentStatus
      ? withDocumentStatus(document.statuses, problems, packages.length)
      : document.statuses,
  };
}

function groupByKind(entries: Iterable<SbomEntry>, name: string): EntriesByKind {
  const clairPackages: Package[] = [];
  const thirdPartyEntries = new Map<string, ThirdPartyEntry>();
  const distroEntries: DistroEntry[] = [];
  const problems: ProblemEntry[] = [];
  for (const entry of entries) {
    if ('clairPackage' in entry) clairPackages.push(entry.clairPackage);
    else if ('thirdPartyPackage' in entry) addIfNew(thirdPartyEntries, entry);
    else if ('distro' in entry) distroEntries.push(entry);
    else problems.push(entry);
    if (clairPackages.length + thirdPartyEntries.size > limits.imagePackages)
      throw tooManyListed(name, 'imagePackages');
  }
  return { clairPackages, thirdPartyEntries: [...thirdPartyEntries.values()], distroEntries, problems };
}

/** Returns the distribution that the document names, or else the one that most of its packages name. */
function chooseDistro({
  distroEntries: [distroEntry],
  thirdPartyEntries,
}: EntriesByKind): Distro | undefined {
  const releases = thirdPartyEntries.flatMap(({ release }) => (release === undefined ? [] : [release]));
  const vendors = thirdPartyEntries.flatMap(({ vendor }) => (vendor === undefined ? [] : [vendor]));
  return distroEntry?.distro ?? mostCommon(releases) ?? mostCommon(vendors);
}

/** Adds an entry unless the same package is already listed at the same place. */
function addIfNew(entries: Map<string, ThirdPartyEntry>, entry: ThirdPartyEntry): void {
  const { type, name, version, arch, source, location } = entry.thirdPartyPackage;
  const key = JSON.stringify([type, name, version, arch, source?.name, location.path, location.layer]);
  if (!entries.has(key)) entries.set(key, entry);
}

/** Returns the distribution that most packages name; on a tie, the first by name. */
function mostCommon(distros: readonly Distro[]): Distro | undefined {
  const groups = [...Map.groupBy(distros, (distro) => JSON.stringify(distro))];
  groups.sort(([a, x], [b, y]) => y.length - x.length || compareText(a, b));
  return groups[0]?.[1][0];
}

/** Returns a problem for each further distribution: the document does not say which of them a package belongs to. */
function additionalDistros([first, ...others]: readonly DistroEntry[]): ProblemEntry[] {
  return others
    .filter(({ distro }) => JSON.stringify(distro) !== JSON.stringify(first?.distro))
    .map(({ distro, reference }) => ({
      problem: `${nameOf(distro)} is a second distribution beside ${first === undefined ? '' : nameOf(first.distro)}`,
      reference,
    }));
}

/** Returns a problem for the packages of another release: they would be looked up in the wrong namespace. */
function packagesOfOtherReleases(
  entries: readonly ThirdPartyEntry[],
  distro: Distro | undefined,
): ProblemEntry[] {
  if (distro === undefined) return [];
  const groups = Map.groupBy(entries, ({ release, thirdPartyPackage: { type } }) => {
    const theirs = release && namespaceOf(release, type)?.name;
    return theirs === undefined || theirs === namespaceOf(distro, type)?.name ? '' : theirs;
  });
  groups.delete('');
  return [...groups].map(([namespace, found]) => ({
    problem: `is of ${namespace}, and the distribution is ${nameOf(distro)}${found.length === 1 ? '' : `; so are ${found.length - 1} more`}`,
    reference: found[0]?.reference ?? '',
  }));
}

function nameOf({ id, versionId, versionCodename }: Distro): string {
  return [id, versionId ?? versionCodename].filter((word) => word !== undefined).join(' ');
}

/** Adds the status of reading the document to the statuses of reading the image. */
function withDocumentStatus(
  statuses: readonly ExtensionStatus[],
  problems: readonly ProblemEntry[],
  packages: number,
): ExtensionStatus[] {
  const earlier = statuses.find(({ extension }) => extension === listedBySbom);
  const files = [...(earlier?.files ?? []), ...filesOf(problems)];
  const failed = packages > 0 ? 'partly-failed' : 'failed';
  const status = files.some(({ problem }) => problem !== null) ? failed : 'succeeded';
  const others = statuses.filter((each) => each !== earlier);
  return [...others, { extension: listedBySbom, status, files } as const].sort((a, b) =>
    compareText(a.extension, b.extension),
  );
}

/** Returns problems in the form of a report: by their place in the document, and up to a maximum. */
function filesOf(problems: readonly ProblemEntry[]): ExtensionStatus['files'] {
  const files = problems
    .slice(0, limits.problemsPerFile)
    .map(({ problem, reference }) => ({ path: stripControls(reference), layer: null, problem }));
  const hidden = problems.length - files.length;
  return hidden === 0
    ? files
    : [
        ...files,
        { path: listedBySbom, layer: null, problem: `has ${hidden} more problems of the kinds above` },
      ];
}
