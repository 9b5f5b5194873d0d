import { PathTree } from '../kit/path-tree.ts';
import { evidenceByName } from '../model/evidence/by-name.ts';
import { programKinds } from '../model/evidence/kinds.ts';
import { mergeFunctions } from '../model/function-set.ts';
import type { ExtensionProblem, LayerIndex, LayerPackageFiles, LayerPackages } from '../model/layer-index.ts';
import { compareText } from '../model/order.ts';
import { type ListedPackage, packageEvidences } from '../model/package.ts';
import { ContainingPackages } from './containing-package.ts';
import type { RealPaths } from './file-tree.ts';
import { isPartOfPip } from './uncounted-evidence.ts';

/** One location of a package that a file at any depth lists. */
export interface SquashedLocation {
  readonly path: string;
  /** Position of the layer of the file. The lowest is 0. */
  readonly layer: number;
  /** The package as the file states it. */
  readonly package: ListedPackage;
}

/** A package that files at any depth list, with all its locations. `path`, `layer` and `package` are those of the strongest evidence. */
export interface LocatedPackage extends SquashedLocation {
  readonly lister: string;
  /** Sorted by path. */
  readonly locations: readonly SquashedLocation[];
  /** Empty: repositories are those of package databases. */
  readonly repositories: readonly [];
}

/** The files at any depth that a container of the image would see. */
export interface SquashedPackageFiles {
  readonly packages: readonly LocatedPackage[];
  readonly problems: readonly (ExtensionProblem & { readonly layer: number })[];
  /** Paths of all files that were read: those that list packages, and those without a package. */
  readonly read: ReadonlySet<string>;
}

/** The results for the visible file at a path. */
interface FileMark {
  readonly layer: number;
  readonly listings: LayerPackages[];
  readonly problems: ExtensionProblem[];
  isWithoutPackage: boolean;
  /** Whether the file is a program, which evidence names too. */
  readonly isOfProgram: boolean;
}

/**
 * Squashes the files at any depth, the lowest layer first. Paths are those of the archives until the end. A removal that names a file by
 * another path than the layer that added it removes nothing: so too much is listed rather than too little.
 */
export function squashPackageFiles(real: RealPaths, layers: readonly LayerIndex[]): SquashedPackageFiles {
  const marks = new PathTree<FileMark>();
  const code = new VisibleCode();
  for (const [layer, index] of layers.entries()) {
    // A layer may link to a program below it and remove the first name.
    const linked = marks.size > 0 ? linkedPrograms(marks, index) : new Map<string, FileMark>();
    if (marks.size > 0) {
      removeReplaced(marks, index);
      removeReplacedPrograms(marks, index);
    }
    code.apply(index);
    if (index.packageFiles !== undefined) addFiles(marks, index, { files: index.packageFiles, layer });
    if (marks.size + linked.size > 0) linkPrograms(marks, index, linked);
  }
  return visibleFiles(marks, real, code);
}

/** Programs by the targets of hard links. Other files have the results at each of their names. */
function linkedPrograms(marks: PathTree<FileMark>, { evidence }: LayerIndex): Map<string, FileMark> {
  return new Map(
    evidence.links.flatMap(({ by, target }) => {
      const mark = by === 'hard-link' ? marks.get(target) : undefined;
      return mark?.isOfProgram === true ? [[target, mark] as const] : [];
    }),
  );
}

/** Gives hard links the results of the program that they name at that moment. */
function linkPrograms(
  marks: PathTree<FileMark>,
  { evidence }: LayerIndex,
  linked: ReadonlyMap<string, FileMark>,
): void {
  for (const { by, path, target } of evidence.links) {
    if (by !== 'hard-link') continue;
    const mark = marks.get(target) ?? linked.get(target);
    if (mark?.isOfProgram === true) marks.set(path, mark);
  }
}

/** The code of packages that a container of the image would see. */
class VisibleCode {
  readonly #paths = new PathTree<true>();
  /** Whether a layer has more code than is known. */
  #isUnknown = false;

  apply(index: LayerIndex): void {
    if (this.#paths.size > 0) removeReplaced(this.#paths, index);
    if (index.code === 'unknown') this.#isUnknown = true;
    else
      for (const { directory, names } of index.code ?? [])
        for (const name of names) this.#paths.set(directory === '' ? name : `${directory}/${name}`, true);
  }

  /** Returns a package as stale if none of its code is there. */
  withPresence(found: ListedPackage): ListedPackage {
    const { codePaths = [], evidence } = found;
    if (codePaths.length === 0 || this.#isUnknown || evidence === 'dormant') return found;
    return codePaths.some((path) => this.#paths.get(path) !== undefined)
      ? found
      : { ...found, evidence: 'stale' };
  }
}

/** Removes what a layer removes, and what it has other files at whose paths than programs. */
export function removeReplaced<T>(marks: PathTree<T>, index: LayerIndex): void {
  const { evidence, packageFiles } = index;
  applyWhiteouts(marks, index);
  for (const { by, path } of evidence.links) if (by === 'symbolic-link') marks.remove(path);
  for (const path of packageFiles?.others ?? []) marks.remove(path);
}

/** Removes what a layer removes, and what it has nodes at whose paths. */
export function applyWhiteouts<T>(
  marks: PathTree<T>,
  { whiteouts, opaques, nodes, evidence }: LayerIndex,
): void {
  for (const path of [...whiteouts, ...evidence.whiteouts]) marks.remove(path);
  for (const path of [...opaques, ...evidence.opaques]) marks.removeBelow(path);
  for (const { path, kind } of nodes) if (kind !== 'directory') marks.remove(path);
}

/** Removes programs at whose paths the layer has other programs, or hard links to programs. */
function removeReplacedPrograms(marks: PathTree<FileMark>, index: LayerIndex): void {
  for (const path of programsOf(index)) marks.remove(path);
  for (const { path } of index.evidence.links) if (marks.get(path)?.isOfProgram === true) marks.remove(path);
}

function programsOf({ evidence }: LayerIndex): string[] {
  return evidence.found.flatMap(({ kind, paths }) => (programKinds.has(kind) ? paths : []));
}

function addFiles(
  marks: PathTree<FileMark>,
  index: LayerIndex,
  { files, layer }: { readonly files: LayerPackageFiles; readonly layer: number },
): void {
  const programs = new Set(programsOf(index));
  const fresh = new Map<string, FileMark>();
  const markAt = (path: string): FileMark => {
    const existing = fresh.get(path);
    if (existing !== undefined) return existing;
    const isOfProgram = programs.has(path);
    const mark = { layer, listings: [], problems: [], isWithoutPackage: false, isOfProgram };
    fresh.set(path, mark);
    return mark;
  };
  for (const listed of files.packages) markAt(listed.path).listings.push(listed);
  for (const problem of files.problems) markAt(problem.path).problems.push(problem);
  for (const path of files.withoutPackage) markAt(path).isWithoutPackage = true;
  for (const [path, mark] of fresh) marks.set(path, mark);
}

function visibleFiles(marks: PathTree<FileMark>, real: RealPaths, code: VisibleCode): SquashedPackageFiles {
  const packages = new Map<string, { readonly lister: string; readonly places: SquashedLocation[] }>();
  const containing = new ContainingPackages();
  const problems: SquashedPackageFiles['problems'][number][] = [];
  const read = new Set<string>();
  for (const [ownPath, mark] of marks) {
    const { layer, listings, problems: own } = mark;
    const path = real(ownPath);
    if (isRead(ownPath, mark)) read.add(path);
    problems.push(...own.map((problem) => ({ ...problem, path, layer })));
    for (const { lister, packages: listed } of listings)
      for (const stated of listed) {
        const place = { path, layer, package: code.withPresence(stated) };
        const identity = identityOf(stated, lister);
        const found = packages.get(identity);
        if (found === undefined) packages.set(identity, { lister, places: [place] });
        else found.places.push(place);
        containing.add(place);
      }
  }
  const withParent = (location: SquashedLocation): SquashedLocation => {
    const contained = containing.withParent(location);
    return contained === location.package ? location : { ...location, package: contained };
  };
  return {
    packages: Array.from(packages.values(), ({ lister, places }) =>
      locatedPackage(lister, lastAtEachPath(places).map(withParent)),
    ),
    problems,
    read,
  };
}

/** Returns the last of the locations at each path, in the order of the first ones. */
function lastAtEachPath(places: readonly SquashedLocation[]): readonly SquashedLocation[] {
  if (places.length === 1) return places;
  return [...new Map(places.map((place) => [pathOfPackage(place.path, place.package), place])).values()];
}

function isRead(path: string, { isWithoutPackage, isOfProgram, listings }: FileMark): boolean {
  if (isWithoutPackage) return true;
  const stands = (item: ListedPackage): boolean =>
    namesWholeFile(item) && !(isOfProgram && isBehindProgram(path, item));
  return listings.some(({ packages }) => packages.some(stands));
}

/**
 * Whether a package that is listed from a program is of an archive behind the program, and not of the program itself: one of the type that the
 * name of the file means, or of Maven.
 */
export function isBehindProgram(path: string, { type }: Pick<ListedPackage, 'type'>): boolean {
  return type === 'maven' || type === evidenceByName(path)?.kind;
}

/**
 * Whether a package stands for the whole file that lists it. Other texts in a program than its own version name only parts of it. A Java
 * archive of an unknown group may contain anything.
 */
export function namesWholeFile({ evidence, proof }: Pick<ListedPackage, 'evidence' | 'proof'>): boolean {
  if (evidence === 'artifact-id') return false;
  return evidence !== 'binary-string' || proof !== undefined;
}

/** Returns the package at these locations, of which there is at least one. */
export function locatedPackage(lister: string, places: readonly SquashedLocation[]): LocatedPackage {
  const [only] = places;
  if (only !== undefined && places.length === 1)
    return { ...only, lister, locations: places, repositories: [] };
  const locations = places.toSorted((a, b) =>
    compareText(pathOfPackage(a.path, a.package), pathOfPackage(b.path, b.package)),
  );
  const [first] = locations.toSorted(compareStrength) as [SquashedLocation];
  const all = withCommonOrigin(withAllFunctions(first.package, locations), locations);
  return { ...first, package: all, lister, locations, repositories: [] };
}

/** Returns a package without its origin if it is from the registry at any location. */
function withCommonOrigin(found: ListedPackage, locations: readonly SquashedLocation[]): ListedPackage {
  if (found.origin === undefined || locations.every((place) => place.package.origin !== undefined))
    return found;
  const { origin, ...rest } = found;
  return rest;
}

/** Returns a package with the functions at all its locations. Without them if they are unknown at any. */
function withAllFunctions(found: ListedPackage, locations: readonly SquashedLocation[]): ListedPackage {
  if (found.functions === undefined || locations.length < 2) return found;
  const known = locations.flatMap((place) => place.package.functions ?? []);
  const { functions, ...rest } = found;
  const merged = known.length === locations.length ? mergeFunctions(known) : undefined;
  return merged === undefined ? rest : { ...rest, functions: merged };
}

/** Returns the path of a package that the file at a path lists, which may be within that file. */
export function pathOfPackage(path: string, { archivePath }: Pick<ListedPackage, 'archivePath'>): string {
  return archivePath === undefined ? path : `${path}!/${archivePath}`;
}

/** Orders locations by their evidence, the strongest first, then by layer. A part of pip never counts, so it is the weakest. */
function compareStrength(a: SquashedLocation, b: SquashedLocation): number {
  return strengthOf(a) - strengthOf(b) || a.layer - b.layer;
}

function strengthOf({ path, package: { type, evidence = 'installed' } }: SquashedLocation): number {
  return isPartOfPip(type, path) ? packageEvidences.length : packageEvidences.indexOf(evidence);
}

/** Returns the identity of a package within an image. */
export function identityOf({ type, name, version, arch }: ListedPackage, lister: string = ''): string {
  return `${lister}\n${type}\n${name}\n${version}\n${arch ?? ''}`;
}
