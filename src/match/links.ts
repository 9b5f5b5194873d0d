import { limits } from '../core/limits.ts';
import { baseOf, parentOf } from '../kit/tar/path.ts';
import {
  formatPattern,
  isNested,
  type PathPattern,
  PatternMap,
  parsePattern,
  patternSet,
} from '../plugin/layer-files.ts';
import type { FileTree } from './file-tree.ts';

/** A place that no extension wants and that a link at a wanted place leads to. The layers must be read once more for it. */
export interface LinkTarget {
  readonly target: PathPattern;
  /** The wanted place of the link. */
  readonly aliasOf: PathPattern;
  /**
   * `content`: a hard link shares the bytes of this path, which is otherwise irrelevant. `watch`: the path is only watched and reported,
   * because to follow it would lead through the same link again, or through a link to a file.
   */
  readonly by: 'path' | 'content' | 'watch';
}

/** The places of an image that are read: those that extensions want, and the link targets found so far. */
export interface ScannedPaths {
  readonly patterns: readonly PathPattern[];
  /** The paths that listers want. If absent, all of them. */
  readonly listed?: readonly PathPattern[];
  /** The paths that detectors want, whose files are kept unchanged. If absent, all of them. */
  readonly detected?: readonly PathPattern[];
  readonly links: readonly LinkTarget[];
}

/** Returns the link targets that were not read yet, at most `limits.linkedPlaces`. */
export function unresolvedLinks(tree: FileTree, scanned: ScannedPaths): LinkTarget[] {
  const { patterns, links } = scanned;
  const read = [
    ...new Set([...patterns, ...links.filter(({ by }) => by !== 'watch').map(({ target }) => target)]),
  ];
  const covered = patternSet(read);
  const isRead = scannedLinks(scanned);
  const unread = new Map<string, LinkTarget>();
  const isKnown = absentBehindLibraryLinks(tree, covered);
  const found = [
    ...linksOnTheWay(tree, patterns),
    ...linkedDirectories(tree, read),
    ...linkedFiles(tree, covered),
    ...hardLinksElsewhere(tree, covered),
    ...behindLinks(tree, read, covered),
  ];
  for (const link of found) {
    if (isRead(link) || (link.by === 'path' && isKnown(link.target))) continue;
    unread.set(keyOf(link), link);
    if (unread.size === limits.linkedPlaces) break;
  }
  return [...unread.values()];
}

function keyOf({ target, aliasOf, by }: LinkTarget): string {
  return by === 'watch' ? target : `${target}\n${aliasOf}\n${by}`;
}

/** Returns whether the target of a link is read as every place that the link represents. */
function scannedLinks({
  patterns,
  listed = patterns,
  detected = patterns,
  links,
}: ScannedPaths): (link: LinkTarget) => boolean {
  const scannedKeys = new Set(links.map(keyOf));
  const wantedPatterns = patternSet(patterns);
  const read = patternSet([...patterns, ...links.map(({ target }) => target)]);
  // A file that is read only for its bytes is not a file of the image.
  const shown = patternSet([
    ...patterns,
    ...links.flatMap(({ by, target }) => (by === 'path' ? [target] : [])),
  ]);
  const ofListers = patternSet(listed);
  // Detectors get the files of the whole image with links followed, so a file must be kept for any of them.
  const ofDetectors = patternSet(detected);
  const wantedPathsOf = linkAliases(links);
  const rolesOf = (path: string): string[] => [path, ...wantedPathsOf(path)];
  return (link) => {
    const { target, aliasOf, by } = link;
    if (scannedKeys.has(keyOf(link)) || (by === 'content' && scannedKeys.has(keyOf({ ...link, by: 'path' }))))
      return true;
    if ((by === 'path' ? shown : read).find(target) === undefined) return false;
    const own = new Set(rolesOf(target));
    const isKnown = (role: string): boolean =>
      own.has(role) || wantedPatterns.all(target).some((pattern) => isAlike(pattern, role, target));
    const isKept = (role: string): boolean => own.has(role) || ofDetectors.find(target) !== undefined;
    return rolesOf(aliasOf).every(
      (role) =>
        (ofListers.find(role) === undefined || isKnown(role)) &&
        (ofDetectors.find(role) === undefined || isKept(role)),
    );
  };
}

/** Returns whether a lister reads the target like the place of the link: both must end with the same names. */
function isAlike(pattern: PathPattern, aliasOf: string, target: string): boolean {
  const [own, other] = [parsePattern(pattern), parsePattern(aliasOf)];
  if (own.ending === undefined || other.ending !== undefined)
    return own.ending === other.ending && baseOf(own.path) === baseOf(other.path);
  return isNested(own.ending)
    ? baseOf(parentOf(parentOf(target))) === baseOf(parentOf(parentOf(aliasOf)))
    : baseOf(parentOf(target)) === baseOf(parentOf(aliasOf));
}

/** Symbolic links at the wanted places or above them. */
function* linksOnTheWay(tree: FileTree, patterns: readonly PathPattern[]): Generator<LinkTarget> {
  for (const pattern of patterns) {
    const parts = parsePattern(pattern);
    const real = tree.resolver.real(parts.path);
    for (const path of otherPlaces(tree, parts.path))
      yield { target: formatPattern({ ...parts, path }), aliasOf: pattern, by: 'path' };
    if (real && real !== parts.path)
      yield { target: formatPattern({ ...parts, path: real }), aliasOf: pattern, by: 'path' };
    if (real && real !== parts.path && parts.ending === undefined)
      yield* companions(parts.path, real, patterns);
  }
}

/**
 * The paths that a path stands for at the second and each further link on the way. A layer may have another entry at the place of such a
 * link, which is seen only if the path is read.
 */
function otherPlaces({ resolver }: FileTree, path: string): string[] {
  return resolver.passed(path).filter((place) => place !== path && place.length <= limits.pathBytes);
}

/** Files such as the log of a database are beside the target of a link, not beside the link. */
function* companions(link: string, real: string, patterns: readonly PathPattern[]): Generator<LinkTarget> {
  for (const aliasOf of patterns)
    if (aliasOf.startsWith(`${link}-`))
      yield { target: real + aliasOf.slice(link.length), aliasOf, by: 'path' };
}

/** Symbolic links that are children of a directory in each of which a file is wanted. */
function* linkedDirectories(tree: FileTree, read: readonly PathPattern[]): Generator<LinkTarget> {
  const nested = read
    .map(parsePattern)
    .flatMap(({ path, ending }) => (ending !== undefined && isNested(ending) ? [{ path, ending }] : []));
  const byDirectory = Map.groupBy(nested, ({ path }) => path);
  for (const [path, { node }] of tree.entries) {
    const wanted = node.kind === 'symbolic-link' ? byDirectory.get(parentOf(path)) : undefined;
    const real = wanted && tree.resolver.real(path);
    if (wanted === undefined || !real) continue;
    for (const place of [real, ...otherPlaces(tree, path)])
      for (const { ending } of wanted) yield { target: place + ending, aliasOf: path + ending, by: 'path' };
  }
}

/** Links that distributions have to the library directory. `WantedPaths` records entries below them that the directory may have. */
const libraryLinks: readonly string[] = ['lib', 'lib64', 'usr/lib64'];

/**
 * Returns whether no layer has an entry at a path below a library link, which is known for each path whose counterpart in the library
 * directory is read. Another reading would find nothing, and doubles the time of a scan.
 */
function absentBehindLibraryLinks(
  { entries }: FileTree,
  covered: PatternMap<PathPattern>,
): (path: PathPattern) => boolean {
  // The paths by which layers name their entries.
  const entered = new Set(Array.from(entries.values(), ({ node }) => node.path));
  return (path) => {
    const link = libraryLinks.find((name) => path.startsWith(`${name}/`));
    if (link === undefined || path.includes('*') || entered.has(path) || entries.get(path) !== undefined)
      return false;
    return covered.find(`usr/lib${path.slice(link.length)}`) !== undefined;
  };
}

/** Places below links from elsewhere to a directory with wanted files. Entries of a layer below the link belong to that directory. */
function* behindLinks(
  tree: FileTree,
  read: readonly PathPattern[],
  covered: PatternMap<PathPattern>,
): Generator<LinkTarget> {
  const linkTargets = Array.from(tree.linkTargets, ([link, reals]) =>
    [...reals].map((real) => ({ link, real })),
  ).flat();
  for (const { link, real } of linkTargets) {
    if (covered.find(link) === undefined && covered.find(real) !== undefined)
      yield { target: `${link}/`, aliasOf: real, by: 'watch' };
    yield* targetsBelow(link, real, read);
  }
}

/** The read places below a directory, as paths below a link to it. */
function* targetsBelow(link: string, real: string, read: readonly PathPattern[]): Generator<LinkTarget> {
  const prefix = real === '' ? '' : `${real}/`;
  for (const aliasOf of read) {
    const { path, ending } = parsePattern(aliasOf);
    const isBelow = path.startsWith(prefix) || (path === real && ending !== undefined);
    if (!isBelow) continue;
    if (path.startsWith(`${link}/`)) yield { target: behind(link, real, link), aliasOf, by: 'watch' };
    else yield { target: behind(link, real, aliasOf), aliasOf, by: 'path' };
  }
}

/** The path or pattern below a link for one below the linked directory. */
function behind(link: string, directory: string, path: string): string {
  return directory === '' ? `${link}/${path}` : link + path.slice(directory.length);
}

/** Links that are files of a wanted directory or are at the target of another link, and hard links. */
function* linkedFiles(tree: FileTree, read: PatternMap<PathPattern>): Generator<LinkTarget> {
  for (const [path, { node, content }] of tree.entries) {
    if (read.find(path) === undefined) continue;
    if (content !== undefined && content.path !== path)
      yield { target: content.path, aliasOf: path, by: 'content' };
    if (content !== undefined || node.kind !== 'symbolic-link') continue;
    for (const target of [tree.resolver.real(path), ...otherPlaces(tree, path)])
      if (target) yield { target, aliasOf: path, by: 'path' };
  }
}

/** Hard links from elsewhere to files that are read. A later entry of a layer at that name is seen only if the name is read as well. */
function* hardLinksElsewhere(tree: FileTree, read: PatternMap<PathPattern>): Generator<LinkTarget> {
  for (const [path, { node, content, sharedSymlink }] of tree.entries) {
    if (node.kind === 'hard-link' && content !== undefined && read.find(path) === undefined)
      yield { target: path, aliasOf: content.path, by: 'content' };
    if (sharedSymlink !== undefined && read.find(path) !== undefined)
      yield { target: sharedSymlink, aliasOf: path, by: 'content' };
  }
}

/** Returns a function from a path to the wanted paths that it is an alias of. */
export function linkAliases(links: readonly LinkTarget[]): (path: string) => readonly string[] {
  const byTarget = new PatternMap(
    links.flatMap((link) => (link.by === 'watch' ? [] : [[link.target, link] as const])),
  );
  if (links.length === 0) return () => [];
  return (path) => {
    const wanted = new Set<string>();
    // A link may be at the target of another link.
    let next = [path];
    for (let depth = 0; next.length > 0 && depth < limits.linkDepth; depth++) {
      const further = next.flatMap((from) => byTarget.all(from).map((link) => wantedPath(link, from)));
      next = further.filter((to) => to !== path && !wanted.has(to));
      for (const to of next) wanted.add(to);
    }
    return [...wanted];
  };
}

/** The path at which a lister expects the target of a link. */
function wantedPath({ aliasOf }: LinkTarget, path: string): string {
  const { path: wanted, ending } = parsePattern(aliasOf);
  if (ending === undefined) return wanted;
  const directory = isNested(ending) ? parentOf(parentOf(path)) : parentOf(path);
  return wanted + path.slice(directory.length);
}
