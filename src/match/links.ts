import { limits } from '../kit/limits.ts';
import { baseOf, parentOf } from '../kit/tar/path.ts';
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
  /**
   * `content`: a hard link shares the bytes of this path, which is of no interest otherwise. `watch`: what lies there or below goes through
   * the same link twice, so that no reading would be the last, or through a link to a file; it is stated.
   */
  readonly by: 'path' | 'content' | 'watch';
}

/** What is read of an image: what extensions want, and where links led to so far. */
export interface ReadPlaces {
  readonly patterns: readonly PathPattern[];
  /** Those that listers want; all of them where absent. */
  readonly listed?: readonly PathPattern[];
  /** Those that detectors want, whose files are kept as they are; all of them where absent. */
  readonly detected?: readonly PathPattern[];
  readonly links: readonly LinkedPlace[];
}

/** Where links lead to that was not read yet; no more than `limits.linkedPlaces`. */
export function unreadPlaces(tree: FileTree, places: ReadPlaces): LinkedPlace[] {
  const { patterns, links } = places;
  const read = [
    ...new Set([...patterns, ...links.filter(({ by }) => by !== 'watch').map(({ place }) => place)]),
  ];
  const covered = patternSet(read);
  const isRead = readLinks(places);
  const unread = new Map<string, LinkedPlace>();
  const found = [
    ...linksOnTheWay(tree, patterns),
    ...linkedDirectories(tree, read),
    ...linkedFiles(tree, covered),
    ...twinsElsewhere(tree, covered),
    ...behindLinks(tree, read, covered),
  ];
  for (const link of found) {
    if (isRead(link)) continue;
    unread.set(keyOf(link), link);
    if (unread.size === limits.linkedPlaces) break;
  }
  return [...unread.values()];
}

function keyOf({ place, standsFor, by }: LinkedPlace): string {
  return by === 'watch' ? place : `${place}\n${standsFor}\n${by}`;
}

/** Answers whether what a link leads to is read, and as all that the link stands for. */
function readLinks({
  patterns,
  listed = patterns,
  detected = patterns,
  links,
}: ReadPlaces): (link: LinkedPlace) => boolean {
  const known = new Set(links.map(keyOf));
  const wanted = patternSet(patterns);
  const read = patternSet([...patterns, ...links.map(({ place }) => place)]);
  // What is read for the sake of its bytes is no file of the image for that.
  const shown = patternSet([
    ...patterns,
    ...links.flatMap(({ by, place }) => (by === 'path' ? [place] : [])),
  ]);
  const ofListers = patternSet(listed);
  // Detectors get the files of the whole image, with links followed: a file has to be kept, whoever's it is.
  const ofDetectors = patternSet(detected);
  const wantedPathsOf = standIns(links);
  const rolesOf = (path: string): string[] => [path, ...wantedPathsOf(path)];
  return (link) => {
    const { place, standsFor, by } = link;
    if (known.has(keyOf(link)) || (by === 'content' && known.has(keyOf({ ...link, by: 'path' }))))
      return true;
    if ((by === 'path' ? shown : read).find(place) === undefined) return false;
    const own = new Set(rolesOf(place));
    const isKnown = (role: string): boolean =>
      own.has(role) || wanted.all(place).some((pattern) => isAlike(pattern, role, place));
    const isKept = (role: string): boolean => own.has(role) || ofDetectors.find(place) !== undefined;
    return rolesOf(standsFor).every(
      (role) =>
        (ofListers.find(role) === undefined || isKnown(role)) &&
        (ofDetectors.find(role) === undefined || isKept(role)),
    );
  };
}

/** Whether a lister reads a place as what the link stands for: then the same names stand at the end of both. */
function isAlike(pattern: PathPattern, standsFor: string, place: string): boolean {
  const [own, other] = [partsOf(pattern), partsOf(standsFor)];
  if (own.ending === undefined || other.ending !== undefined)
    return own.ending === other.ending && baseOf(own.path) === baseOf(other.path);
  return isNested(own.ending)
    ? baseOf(parentOf(parentOf(place))) === baseOf(parentOf(parentOf(standsFor)))
    : baseOf(parentOf(place)) === baseOf(parentOf(standsFor));
}

/** Symbolic links at the wanted places themselves or above them. */
function* linksOnTheWay(tree: FileTree, patterns: readonly PathPattern[]): Generator<LinkedPlace> {
  for (const pattern of patterns) {
    const parts = partsOf(pattern);
    const real = tree.resolver.real(parts.path);
    if (real && real !== parts.path)
      yield { place: patternOf({ ...parts, path: real }), standsFor: pattern, by: 'path' };
    if (real && real !== parts.path && parts.ending === undefined)
      yield* companions(parts.path, real, patterns);
  }
}

/** Files such as the log of a database lie beside the file that a link leads to, not beside the link. */
function* companions(link: string, real: string, patterns: readonly PathPattern[]): Generator<LinkedPlace> {
  for (const standsFor of patterns)
    if (standsFor.startsWith(`${link}-`))
      yield { place: real + standsFor.slice(link.length), standsFor, by: 'path' };
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

/** Links that distributions have: what lies below them is known without another reading. */
const libraryLinks: ReadonlySet<string> = new Set(['lib', 'lib64', 'usr/lib64']);

/** Places below links from elsewhere to a directory with wanted files: what a layer has below the link lies in that directory. */
function* behindLinks(
  tree: FileTree,
  read: readonly PathPattern[],
  covered: ByPattern<PathPattern>,
): Generator<LinkedPlace> {
  const reached = new Set(Array.from(tree.places.values(), ({ node }) => node.path));
  const led = Array.from(tree.ledThen, ([link, reals]) => [...reals].map((real) => ({ link, real }))).flat();
  for (const { link, real } of led) {
    if (covered.find(link) === undefined && covered.find(real) !== undefined)
      yield { place: `${link}/`, standsFor: real, by: 'watch' };
    for (const found of placesBelow(link, real, read))
      if (!libraryLinks.has(link) || found.place.includes('*') || reached.has(found.place)) yield found;
  }
}

/** The read places below a directory, as they are called behind a link to it. */
function* placesBelow(link: string, real: string, read: readonly PathPattern[]): Generator<LinkedPlace> {
  const prefix = real === '' ? '' : `${real}/`;
  for (const standsFor of read) {
    const { path, ending } = partsOf(standsFor);
    const isBelow = path.startsWith(prefix) || (path === real && ending !== undefined);
    if (!isBelow) continue;
    if (path.startsWith(`${link}/`)) yield { place: behind(link, real, link), standsFor, by: 'watch' };
    else yield { place: behind(link, real, standsFor), standsFor, by: 'path' };
  }
}

/** How a path or pattern below a directory is called behind a link to it. */
function behind(link: string, directory: string, path: string): string {
  return directory === '' ? `${link}/${path}` : link + path.slice(directory.length);
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

/** Hard links from elsewhere to files that are read: what a layer has of that name afterwards is seen only when it is read as well. */
function* twinsElsewhere(tree: FileTree, read: ByPattern<PathPattern>): Generator<LinkedPlace> {
  for (const [place, { node, content, twin }] of tree.places) {
    if (node.kind === 'hard-link' && content !== undefined && read.find(place) === undefined)
      yield { place, standsFor: content.path, by: 'content' };
    if (twin !== undefined && read.find(place) !== undefined)
      yield { place: twin, standsFor: place, by: 'content' };
  }
}

/** Answers which wanted paths a path stands for. */
export function standIns(links: readonly LinkedPlace[]): (path: string) => readonly string[] {
  const byPlace = new ByPattern(
    links.flatMap((link) => (link.by === 'watch' ? [] : [[link.place, link] as const])),
  );
  if (links.length === 0) return () => [];
  return (path) => {
    const wanted = new Set<string>();
    // A link may stand at a place that another link leads to.
    let next = [path];
    for (let depth = 0; next.length > 0 && depth < limits.linkDepth; depth++) {
      const further = next.flatMap((from) => byPlace.all(from).map((link) => wantedPath(link, from)));
      next = further.filter((to) => to !== path && !wanted.has(to));
      for (const to of next) wanted.add(to);
    }
    return [...wanted];
  };
}

/** The path at which a lister expects what lies at the end of a link. */
function wantedPath({ standsFor }: LinkedPlace, path: string): string {
  const { path: wanted, ending } = partsOf(standsFor);
  if (ending === undefined) return wanted;
  const directory = isNested(ending) ? parentOf(parentOf(path)) : parentOf(path);
  return wanted + path.slice(directory.length);
}
