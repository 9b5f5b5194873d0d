import { messageOf } from '../../core/errors.ts';
import type { CollectedEvidence } from '../../image/layer/evidence-collector.ts';
import type { ProgramReader } from '../../image/layer/layer-walk.ts';
import { ProgramScan } from '../../image/layer/program-scan.ts';
import { isSurelyVendorPackage } from '../../match/vendor-packages.ts';
import { evidenceByName } from '../../model/evidence/by-name.ts';
import { type EvidenceKind, evidenceKinds, programKinds } from '../../model/evidence/kinds.ts';
import type { LayerEvidence } from '../../model/evidence/layer-evidence.ts';
import type { ExtensionProblem, LayerPackages, OwnedFiles } from '../../model/layer-index.ts';
import type { ListedPackage } from '../../model/package.ts';
import type { Listing } from './list-packages.ts';

/** Inputs for the classification of programs. */
export interface ProgramContext {
  readonly owned: readonly OwnedFiles[];
  /** The packages of the databases of the layer. */
  readonly packages: readonly LayerPackages[];
  /** Absent if the programs were already read. */
  readonly readProgram?: ProgramReader | undefined;
}

/** Evidence of a layer for its index, and problems of reading it. */
export interface ClassifiedEvidence {
  readonly evidence: LayerEvidence;
  readonly problems: readonly ExtensionProblem[];
}

/**
 * Classifies the programs of a layer, and lists those that are read later. Those of packages of the distribution in the same layer stay
 * `generic` and are not listed, however the layer was read. They are the majority, and the advisories of the distribution cover them.
 */
export function classifyEvidence(
  { unread, programs, ...collected }: CollectedEvidence,
  { owned, packages, readProgram }: ProgramContext,
): ClassifiedEvidence {
  const kinds = programsOf(collected);
  if (kinds.size + unread.size === 0) return { evidence: collected, problems: [] };
  const isOwned = ownedAmong([...kinds.keys(), ...unread.keys()], { owned, packages });
  for (const path of isOwned) {
    if (kinds.has(path)) kinds.set(path, 'generic');
    programs.delete(path);
  }
  const problems: ExtensionProblem[] = [];
  for (const [path, program] of unread) {
    if (isOwned.has(path) || readProgram === undefined) continue;
    try {
      const scan = new ProgramScan(program.size, programs.wantedOf(path));
      readProgram(program, scan);
      const [kind, archive] = [scan.kind(), scan.archive()];
      const counted = kind ?? archive;
      if (counted !== undefined) kinds.set(path, counted);
      if (kind !== undefined) programs.add(path, scan.parts(), archive);
      scan.free();
    } catch (error) {
      problems.push({ extension: 'layer', path, message: `cannot be read: ${messageOf(error)}` });
    }
  }
  return { evidence: { ...collected, found: regrouped(collected, kinds) }, problems };
}

/**
 * Returns what listers found in files, without their statements that a program, or a file of another kind than its name says, has no
 * package. They have read such a file only by its name.
 */
export function ignoreMisnamed(listing: Listing, { found }: Pick<LayerEvidence, 'found'>): Listing {
  const { packageFiles } = listing;
  if (packageFiles.withoutPackage.length === 0) return listing;
  const kinds = new Map(found.flatMap(({ kind, paths }) => paths.map((path) => [path, kind] as const)));
  const isAsNamed = (path: string): boolean => {
    const kind = kinds.get(path);
    if (kind === undefined) return true;
    return !programKinds.has(kind) && kind === (evidenceByName(path)?.kind ?? kind);
  };
  return {
    ...listing,
    packageFiles: { ...packageFiles, withoutPackage: packageFiles.withoutPackage.filter(isAsNamed) },
  };
}

function programsOf({ found }: LayerEvidence): Map<string, EvidenceKind> {
  const programs = found.filter(({ kind }) => programKinds.has(kind));
  return new Map(programs.flatMap(({ kind, paths }) => paths.map((path) => [path, kind] as const)));
}

/**
 * Returns the files among these that packages of the distribution own. With a merged `/usr`, packages may list files under either path. A program of
 * another repository is read like one without an owner.
 */
export function ownedAmong(
  programs: readonly string[],
  { owned, packages }: Pick<ProgramContext, 'owned' | 'packages'>,
): Set<string> {
  const byPath = new Map<string, string>();
  for (const path of programs) {
    const below = withoutUsr(path);
    byPath.set(`usr/${below}`, path);
    if (!below.startsWith('usr/')) byPath.set(below, path);
  }
  const packagesOf = packagesByOwner(packages);
  const found = new Set<string>();
  const addOwned = ({ files, lister, owner }: OwnedFiles): void => {
    for (const file of files) {
      const path = byPath.get(file);
      if (path !== undefined && isOfDistribution(packagesOf.get(`${lister}\n${owner}`), path))
        found.add(path);
    }
  };
  // One loop in each function: V8 leaves optimized code of an inner loop at every exit of it.
  for (const list of owned) addOwned(list);
  return found;
}

function packagesByOwner(packages: readonly LayerPackages[]): ReadonlyMap<string, ListedPackage[]> {
  const byOwner = new Map<string, ListedPackage[]>();
  const add = ({ lister, packages: listed }: LayerPackages): void => {
    for (const item of listed) {
      const key = `${lister}\n${item.name}`;
      const known = byOwner.get(key);
      if (known === undefined) byOwner.set(key, [item]);
      else known.push(item);
    }
  };
  for (const list of packages) add(list);
  return byOwner;
}

/** Whether the distribution built a package of a file. Without the package, the file counts as one of the distribution, as always. */
function isOfDistribution(packages: readonly ListedPackage[] | undefined, path: string): boolean {
  return packages === undefined || packages.some((item) => isSurelyVendorPackage(item, path));
}

function withoutUsr(path: string): string {
  return path.startsWith('usr/') ? path.slice('usr/'.length) : path;
}

function regrouped(
  { found }: LayerEvidence,
  programs: ReadonlyMap<string, EvidenceKind>,
): LayerEvidence['found'] {
  const byKind = Map.groupBy(programs, ([, kind]) => kind);
  return evidenceKinds.flatMap((kind) => {
    const others =
      found.find((group) => group.kind === kind)?.paths.filter((path) => !programs.has(path)) ?? [];
    const paths = [...others, ...(byKind.get(kind)?.map(([path]) => path) ?? [])];
    return paths.length === 0 ? [] : [{ kind, paths }];
  });
}
