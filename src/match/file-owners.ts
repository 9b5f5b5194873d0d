import { baseOf } from '../kit/tar/path.ts';
import type { Diversion, LayerIndex, OwnedFiles } from '../model/layer-index.ts';
import { type FileTree, realPaths, type TreeEntry } from './file-tree.ts';

/** A package that owns a file. */
export interface FileOwner {
  readonly name: string;
  /** The lister that read its database. */
  readonly lister: string;
}

/**
 * The owners of files by real path, links followed, according to the databases that a container would see. dpkg may have a file at another
 * path than its package declares.
 */
export function fileOwners(
  tree: FileTree,
  visible: readonly (readonly [string, TreeEntry])[],
  layers: readonly LayerIndex[],
): Map<string, FileOwner> {
  const shown = new Set(visible.map(([, { content }]) => content && `${content.layer} ${content.path}`));
  const isShown = (layer: number, path: string): boolean => shown.has(`${layer} ${path}`);
  const diverted = diversionsOf(layers, isShown);
  const real = realFiles(tree);
  const isOfInterest = namesOfInterest(tree, layers, diverted);
  const owners = new Map<string, FileOwner>();
  const lists = layers.flatMap(({ owned }, layer) => owned.filter(({ path }) => isShown(layer, path)));
  const add = (files: readonly string[], owner: FileOwner): void => {
    for (const file of files)
      if (isOfInterest.has(baseOf(file))) owners.set(real(placeOf(file, owner.name, diverted)), owner);
  };
  // One loop per function: V8 leaves optimized code of an inner loop, which it compiles first, at each end of that loop.
  for (const list of lists) {
    const owner = { name: list.owner, lister: list.lister };
    add(list.files, owner);
    add(scriptsBeside(list), owner);
  }
  return owners;
}

const listEnding = '.list';
const scriptEndings = ['.preinst', '.postinst', '.prerm', '.postrm', '.config'];

/** Scripts of a dpkg package. They are beside its list of files and not in it. A script may be a program, as that of Debian's bash. */
function scriptsBeside({ lister, path }: OwnedFiles & { readonly lister: string }): string[] {
  if (lister !== 'dpkg' || !path.endsWith(listEnding)) return [];
  const name = path.slice(0, -listEnding.length);
  return scriptEndings.map((ending) => `${name}${ending}`);
}

/** Names of files whose owner matters, at any path: those of evidence, of package databases, and of links to them. */
function namesOfInterest(
  { entries }: FileTree,
  layers: readonly LayerIndex[],
  diverted: Diversions,
): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { evidence, packages, packageFiles } of layers) {
    for (const { paths } of evidence.found) for (const path of paths) names.add(baseOf(path));
    for (const { path } of [...evidence.links, ...packages]) names.add(baseOf(path));
    for (const { path } of packageFiles?.packages ?? []) names.add(baseOf(path));
  }
  for (const [path, { node }] of entries) if (node.kind === 'symbolic-link') names.add(baseOf(path));
  for (const path of diverted.keys()) names.add(baseOf(path));
  return names;
}

type Diversions = ReadonlyMap<string, Diversion>;

function diversionsOf(
  layers: readonly LayerIndex[],
  isShown: (layer: number, path: string) => boolean,
): Diversions {
  const all = layers.flatMap(({ diversions }, layer) =>
    diversions.filter(({ path }) => isShown(layer, path)).flatMap((file) => file.diversions),
  );
  return new Map(all.map((diversion) => [diversion.from, diversion]));
}

function placeOf(file: string, owner: string, diverted: Diversions): string {
  const diversion = diverted.size === 0 ? undefined : diverted.get(file);
  return diversion === undefined || diversion.by === owner ? file : diversion.to;
}

/** Resolves links among the directories of a file, and the file itself. */
function realFiles(tree: FileTree): (file: string) => string {
  const realPath = realPaths(tree);
  return (file) => {
    const realFile = realPath(file);
    const isLink = tree.entries.get(realFile)?.node.kind === 'symbolic-link';
    return isLink ? (tree.resolver.real(realFile) ?? realFile) : realFile;
  };
}
