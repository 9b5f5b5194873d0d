import { keptLine } from '../kit/kept-line.ts';
import { limits } from '../kit/limits.ts';
import type { Distro } from '../model/distro.ts';
import type { Inventory } from '../model/inventory.ts';
import { namespaceOf } from '../model/namespace.ts';
import { compareText } from '../model/order.ts';
import { listedBySbom, type Package } from '../model/package.ts';
import type { ExtensionStatus } from '../model/report.ts';
import { tooMany } from './document-text.ts';
import type { Entry, ReadDocument } from './entry.ts';

type Told = Extract<Entry, { told: Package }>;
type System = Extract<Entry, { system: Distro }>;
type Problem = Extract<Entry, { problem: string }>;

/** The entries of a document, kind by kind. */
interface Sorted {
  readonly own: readonly Package[];
  readonly foreign: readonly Told[];
  readonly systems: readonly System[];
  readonly problems: readonly Problem[];
}

/** What a document tells, put together: whatever in it could not be understood is a problem, and the result never clean. */
export function gather({ entries, isOwn, ...document }: ReadDocument, name: string): Inventory {
  const sorted = sortOut(entries, name);
  const { own, foreign, systems } = sorted;
  const distro = distroOf(sorted);
  const packages = [...own, ...foreign.map(({ told }) => told)];
  const problems = [...sorted.problems, ...otherSystems(systems), ...strangers(foreign, distro)];
  if (!isOwn && packages.length + problems.length === 0)
    problems.push({ problem: 'lists no packages', reference: listedBySbom });
  const isTold = foreign.length + problems.length > 0;
  return {
    ...document,
    distro: distro ?? null,
    packages,
    statuses: isTold ? withStatus(document.statuses, problems, packages.length) : document.statuses,
  };
}

function sortOut(entries: Iterable<Entry>, name: string): Sorted {
  const own: Package[] = [];
  const told = new Map<string, Told>();
  const systems: System[] = [];
  const problems: Problem[] = [];
  for (const entry of entries) {
    if ('own' in entry) own.push(entry.own);
    else if ('told' in entry) addOnce(told, entry);
    else if ('system' in entry) systems.push(entry);
    else problems.push(entry);
    if (own.length + told.size > limits.imagePackages) throw tooMany(name, 'imagePackages');
  }
  return { own, foreign: [...told.values()], systems, problems };
}

/** The distribution that a document names, or else most of its packages. */
function distroOf({ systems: [system], foreign }: Sorted): Distro | undefined {
  const releases = foreign.flatMap(({ release }) => (release === undefined ? [] : [release]));
  const vendors = foreign.flatMap(({ vendor }) => (vendor === undefined ? [] : [vendor]));
  return system?.system ?? commonest(releases) ?? commonest(vendors);
}

/** The same package at the same place is one, however often it is listed. */
function addOnce(told: Map<string, Told>, entry: Told): void {
  const { type, name, version, arch, source, location } = entry.told;
  const key = JSON.stringify([type, name, version, arch, source?.name, location.path, location.layer]);
  if (!told.has(key)) told.set(key, entry);
}

/** The one most packages name; of equals the first by name. */
function commonest(distros: readonly Distro[]): Distro | undefined {
  const groups = [...Map.groupBy(distros, (distro) => JSON.stringify(distro))];
  groups.sort(([a, x], [b, y]) => y.length - x.length || compareText(a, b));
  return groups[0]?.[1][0];
}

/** A document of several systems cannot say which of them a package belongs to. */
function otherSystems([first, ...others]: readonly System[]): Problem[] {
  return others
    .filter(({ system }) => JSON.stringify(system) !== JSON.stringify(first?.system))
    .map(({ system, reference }) => ({
      problem: `${nameOf(system)} is a second distribution beside ${first === undefined ? '' : nameOf(first.system)}`,
      reference,
    }));
}

/** Packages of another release than that of the document would be looked up in the wrong place. */
function strangers(foreign: readonly Told[], distro: Distro | undefined): Problem[] {
  if (distro === undefined) return [];
  const groups = Map.groupBy(foreign, ({ release, told: { type } }) => {
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

/** How reading the document went, beside how reading the image had gone. */
function withStatus(
  statuses: readonly ExtensionStatus[],
  problems: readonly Problem[],
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

/** Problems as a report tells them: by where in the document they are, and so many of them. */
function filesOf(problems: readonly Problem[]): ExtensionStatus['files'] {
  const files = problems
    .slice(0, limits.problemsPerFile)
    .map(({ problem, reference }) => ({ path: keptLine(reference), layer: null, problem }));
  const hidden = problems.length - files.length;
  return hidden === 0
    ? files
    : [
        ...files,
        { path: listedBySbom, layer: null, problem: `has ${hidden} more problems of the kinds above` },
      ];
}
