import { limits } from '../kit/limits.ts';
import { parentOf } from '../kit/tar/path.ts';
import {
  ByPattern,
  isNested,
  type PathPattern,
  partsOf,
  patternOf,
  patternSet,
} from '../plugin/layer-files.ts';
import type { FileTree } from './file-tree.ts';

/**
 * A place that no extension asks for, but where a link leads from one they do ask for: the layers have to be read once more with
 * an eye on it.
 */
export interface LinkedPlace {
  readonly place: PathPattern;
  /** The wanted place at which the link stands. */
  readonly standsFor: PathPattern;
  /** `content`: a hard link shares the bytes of this path, which is of no interest otherwise. */
  readonly by: 'path' | 'content';
}

/** What is read of an image: what extensions want, and where links led to so far. */
export interface ReadPlaces {
  readonly patterns: readonly PathPattern[];
  readonly links: readonly LinkedPlace[];
}

/** Where links lead to that was not read yet; no more than `limits.linkedPlaces`. */
export function unreadPlaces(tree: FileTree, { patterns, links }: ReadPlaces): LinkedPlace[] {
  const read = [...patterns, ...links.map(({ place }) => place)];
  const covered = patternSet(read);
  const unread = new Map<PathPattern, LinkedPlace>();
  const found = [
    ...linksOnTheWay(tree, patterns),
    ...linkedDirectories(tree, read),
    ...linkedFiles(tree, covered),
  ];
  for (const link of found) {
    const { place } = link;
    if (covered.find(place) !== undefined || unread.has(place)) continue;
    unread.set(place, link);
    if (unread.size === limits.linkedPlaces) break;
  }
  return [...unread.values()];
}

/** Symbolic links at the wanted places themselves or above them. */
function* linksOnTheWay(tree: FileTree, patterns: readonly PathPattern[]): Generator<LinkedPlace> {
  for (const pattern of patterns) {
    const parts = partsOf(pattern);
    const real = tree.resolver.real(parts.path);
    if (real && real !== parts.path)
      yield { place: patternOf({ ...parts, path: real }), standsFor: pattern, by: 'path' };
  }
}

/** Symbolic links that are children of a directory in each of which a file is wanted. */
function* linkedDirectories(tree: FileTree, read: readonly PathPattern[]): Generator<LinkedPlace> {
  const nested = read
    .map(partsOf)
    .flatMap(({ path, ending }) => (ending !== undefined && isNested(ending) ? [{ path, ending }] : []));
  const byDirectory = Map.groupBy(nested, ({ path }) => path);
  for (const [path, { node }] of tree.places) {
    const wanted = node.kind === 'symbolic-link' ? byDirectory.get(parentOf(path)) : undefined;
    const real = wanted && tree.resolver.real(path);
    if (wanted === undefined || !real) continue;
    for (const { ending } of wanted) yield { place: real + ending, standsFor: path + ending, by: 'path' };
  }
}

/** Links that are files of a wanted directory, or that stand where another link led to; and hard links. */
function* linkedFiles(tree: FileTree, read: ByPattern<PathPattern>): Generator<LinkedPlace> {
  for (const [path, { node, content }] of tree.places) {
    const isLink = node.kind === 'symbolic-link' || (content !== undefined && content.path !== path);
    if (!isLink || read.find(path) === undefined) continue;
    const real = content === undefined ? tree.resolver.real(path) : content.path;
    if (real) yield { place: real, standsFor: path, by: content === undefined ? 'path' : 'content' };
  }
}

/** Answers which wanted path a path stands for, undefined where it stands for none. */
export function standIns(links: readonly LinkedPlace[]): (path: string) => string | undefined {
  const byPlace = new ByPattern(links.map((link) => [link.place, link]));
  const next = (path: string): string | undefined => {
    const link = byPlace.find(path);
    if (link === undefined) return undefined;
    const { path: wanted, ending } = partsOf(link.standsFor);
    if (ending === undefined) return wanted;
    const directory = isNested(ending) ? parentOf(parentOf(path)) : parentOf(path);
    return wanted + path.slice(directory.length);
  };
  return (path) => {
    let wanted = next(path);
    // A link may stand at a place that another link leads to.
    for (let depth = 0; wanted !== undefined && depth < limits.linkDepth; depth++) {
      const further = next(wanted);
      if (further === undefined || further === path) break;
      wanted = further;
    }
    return wanted;
  };
}
