import { PathTree } from '../kit/path-tree.ts';
import { parentOf, symbolicLinkPath } from '../kit/tar/path.ts';
import { type EvidenceKind, evidenceKinds, storeDatabases } from '../model/evidence/kinds.ts';
import type { EvidenceLink } from '../model/evidence/layer-evidence.ts';
import type { LayerIndex } from '../model/layer-index.ts';
import { compareText } from '../model/order.ts';
import type { FileOwner } from './file-owners.ts';
import type { RealPaths } from './file-tree.ts';
import { applyWhiteouts } from './package-files.ts';

/** A piece of evidence that a container of the image would see. */
export interface SquashedEvidence {
  readonly kind: EvidenceKind;
  readonly path: string;
  /** The package that owns it. */
  readonly owner?: FileOwner;
}

/** All evidence in an image of what no lister reads. */
export interface ImageEvidence {
  readonly found: readonly SquashedEvidence[];
  /** Kinds of which a layer holds more than were kept. */
  readonly cut: readonly EvidenceKind[];
}

/** A file or link at a path of the squashed image. */
interface Mark {
  readonly kind: EvidenceKind;
  /** The file itself, shared by its hard links. */
  readonly file: { readonly path: string };
  /** The target of a symbolic link. */
  readonly target?: string;
}

/** The owners of files by real path. */
type Owners = ReadonlyMap<string, FileOwner>;

/** Facts about the files of an image. */
export interface KnownFiles {
  readonly owners: Owners;
  /** Real paths of files from which packages are listed. They are no evidence. */
  readonly listed: ReadonlySet<string>;
}

/**
 * Squashes the evidence of layers, the lowest first. Paths are those of the archives until the end. A removal that names a file by another
 * path than the layer that added it removes nothing: so too much is counted rather than too little.
 */
export function squashEvidence(
  real: RealPaths,
  layers: readonly LayerIndex[],
  context: KnownFiles,
): ImageEvidence {
  const marks = new PathTree<Mark>();
  for (const index of layers) applyLayer(marks, index);
  const cut = new Set(layers.flatMap(({ evidence }) => evidence.cut));
  return { found: visible(marks, real, context), cut: evidenceKinds.filter((kind) => cut.has(kind)) };
}

function applyLayer(marks: PathTree<Mark>, index: LayerIndex): void {
  const { found, links } = index.evidence;
  // A layer may link to a file below it and remove the first name.
  const linked = new Map(
    links.flatMap(({ by, target }) => (by === 'hard-link' ? [[target, marks.get(target)] as const] : [])),
  );
  if (marks.size > 0) applyWhiteouts(marks, index);
  for (const { kind, paths } of found) for (const path of paths) marks.set(path, { kind, file: { path } });
  for (const link of links) {
    const mark = markOf(link, marks) ?? linked.get(link.target);
    if (mark !== undefined) marks.set(link.path, mark);
  }
}

/** A hard link is another name of its target at that moment. */
function markOf(link: EvidenceLink, marks: PathTree<Mark>): Mark | undefined {
  if (link.by === 'hard-link') return marks.get(link.target);
  return { kind: link.kind, target: link.target, file: { path: link.path } };
}

/** Counts a file with several names once, by its first name if that still exists. */
function visible(marks: PathTree<Mark>, real: RealPaths, { owners, listed }: KnownFiles): SquashedEvidence[] {
  const found = new Map<string, SquashedEvidence>();
  const files = new Set<Mark['file']>();
  const add = (path: string, { kind, file }: Mark): void => {
    if (files.has(file)) return;
    files.add(file);
    const realPath = real(path);
    found.set(realPath, withOwner({ kind, path: realPath }, owners));
  };
  const all = [...marks];
  for (const [path, mark] of all) if (mark.file.path === path && mark.target === undefined) add(path, mark);
  for (const [path, mark] of all) if (mark.target === undefined) add(path, mark);
  for (const [path, mark] of all)
    if (mark.target !== undefined && !isCounted(real(path), mark.target, { found, real })) add(path, mark);
  const lists = directoriesOfLists(found);
  const isListed = listedEvidence(listed);
  return [...found.values()]
    .filter((item) => !isListed(item) && !isListedBeside(item, lists))
    .sort((a, b) => compareText(a.kind, b.kind) || compareText(a.path, b.path));
}

/** Directories that are evidence, by how far they are above the file that is read: a plugin of WordPress, a branch of a Flatpak. */
const directoriesOf: Partial<Readonly<Record<EvidenceKind, (path: string) => string>>> = {
  wordpress: parentOf,
  flatpak: (path) => parentOf(parentOf(path)),
};

const databasesOf: Partial<Readonly<Record<EvidenceKind, string>>> = storeDatabases;

/** Returns a predicate: whether a file was read. A directory was read if the file in it was, or the database that names it. */
function listedEvidence(listed: ReadonlySet<string>): (item: SquashedEvidence) => boolean {
  const directories = new Map<EvidenceKind, ReadonlySet<string>>();
  return ({ kind, path }) => {
    const directoryOf = directoriesOf[kind];
    if (listed.has(path) || listed.has(databasesOf[kind] ?? '')) return true;
    if (directoryOf === undefined) return false;
    const known = directories.get(kind) ?? new Set(Array.from(listed, directoryOf));
    directories.set(kind, known);
    return known.has(path);
  };
}

function withOwner(item: SquashedEvidence, owners: Owners): SquashedEvidence {
  const owner = owners.get(item.path);
  return owner === undefined ? item : { ...item, owner };
}

/** Returns whether the target of a link is evidence itself: a file, or a directory of a package that has its file. */
function isCounted(
  path: string,
  target: string,
  { found, real }: { readonly found: ReadonlyMap<string, unknown>; readonly real: RealPaths },
): boolean {
  const realTarget = real(symbolicLinkPath(path, target));
  return [realTarget, `${realTarget}/package.json`, `${realTarget}/METADATA`, `${realTarget}/PKG-INFO`].some(
    (file) => found.has(file),
  );
}

const listOfAssemblies = '.deps.json';

function directoriesOfLists(found: ReadonlyMap<string, SquashedEvidence>): Set<string> {
  const lists = [...found.values()].filter(
    ({ kind, path }) => kind === 'nuget' && path.endsWith(listOfAssemblies),
  );
  return new Set(lists.map(({ path }) => parentOf(path)));
}

/** .NET assemblies beside or below the list of an application belong to it and are not counted again. */
function isListedBeside({ kind, path }: SquashedEvidence, lists: ReadonlySet<string>): boolean {
  if (kind !== 'nuget' || path.endsWith(listOfAssemblies)) return false;
  for (let directory = parentOf(path); directory !== ''; directory = parentOf(directory))
    if (lists.has(directory)) return true;
  return false;
}
