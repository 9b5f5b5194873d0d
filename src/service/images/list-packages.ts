import { messageOf } from '../../core/errors.ts';
import type { ExtensionProblem, FilePair, LayerIndex } from '../../model/layer-index.ts';
import type { AnyLister } from '../../plugin/extensions.ts';
import { type Files, patternSet } from '../../plugin/layer-files.ts';
import type { ListerEvent, ListerEventOf } from '../../plugin/package-lister.ts';

/** Events of listers for a layer, by kind. */
export type Listing = Pick<
  LayerIndex,
  'packages' | 'owned' | 'diversions' | 'repositories' | 'problems' | 'pairs'
>;

/**
 * Runs a lister on the files of a layer that it wants. Runs it separately on files that links make available at a wanted path
 * (`wantedPathsOf`). Results have the real path of the file. Returns a promise only for a remote lister.
 */
export function listPackages(
  lister: AnyLister,
  files: Files,
  wantedPathsOf: (path: string) => readonly string[],
): Listing | Promise<Listing> {
  const isWanted = patternSet(lister.wants);
  const here = [...files].filter(([path]) => isWanted.find(path) !== undefined);
  const linked = [...files].flatMap(([path, content]) => {
    const wanted = wantedPathsOf(path).filter((each) => isWanted.find(each) !== undefined);
    return wanted.map((each) => ({ path, wanted: each, content }));
  });
  return mergeListings([
    runLister(lister, new Map(here), (path) => path),
    ...groupWithoutConflicts(linked).map((files) =>
      runLister(
        lister,
        new Map(Array.from(files, ([wanted, { content }]) => [wanted, content])),
        (path) => files.get(path)?.path ?? path,
      ),
    ),
  ]);
}

/** A file that a link makes available at a wanted path. */
interface LinkedFile {
  readonly path: string;
  readonly wanted: string;
  readonly content: Uint8Array;
}

/** Groups files by wanted path. Files with the same wanted path go to different groups. */
function groupWithoutConflicts(linked: readonly LinkedFile[]): Map<string, LinkedFile>[] {
  const all: Map<string, LinkedFile>[] = [];
  for (const file of linked) {
    const files = all.find((each) => !each.has(file.wanted));
    if (files === undefined) all.push(new Map([[file.wanted, file]]));
    else files.set(file.wanted, file);
  }
  return all;
}

/** Merges listings, after all of them have arrived. */
export function mergeListings(listings: readonly (Listing | Promise<Listing>)[]): Listing | Promise<Listing> {
  const isThere = (listing: Listing | Promise<Listing>): listing is Listing => !(listing instanceof Promise);
  if (listings.every(isThere)) return concatListings(listings);
  return Promise.all(listings.map(async (listing) => await listing)).then(concatListings);
}

function concatListings(listings: readonly Listing[]): Listing {
  return {
    packages: listings.flatMap(({ packages }) => packages),
    owned: listings.flatMap(({ owned }) => owned),
    diversions: listings.flatMap(({ diversions }) => diversions),
    repositories: listings.flatMap(({ repositories }) => repositories),
    problems: listings.flatMap(({ problems }) => problems),
    ...pairsField(listings.flatMap(({ pairs = [] }) => pairs)),
  };
}

function pairsField(pairs: readonly FilePair[]): Pick<Listing, 'pairs'> {
  return pairs.length === 0 ? {} : { pairs };
}

function runLister(
  lister: AnyLister,
  files: Files,
  realPathOf: (path: string) => string,
): Listing | Promise<Listing> {
  const withRealPaths = (listed: ListerEvent): ListerEvent => ({
    ...listed,
    path: realPathOf(listed.path),
    ...(listed.kind === 'read-with' && { readWith: realPathOf(listed.readWith) }),
  });
  const listingOf = (found: readonly ListerEvent[]): Listing =>
    toListing(lister.name, found.map(withRealPaths));
  if (files.size === 0) return listingOf([]);
  if ('listRemotely' in lister)
    return lister.listRemotely(files).then(listingOf, (error: unknown) => listingOf([failure(error, files)]));
  const found: ListerEvent[] = [];
  try {
    for (const listed of lister.list(files)) found.push(listed);
  } catch (error) {
    found.push(failure(error, files));
  }
  return listingOf(found);
}

/** A failed lister loses only its own result. The problem appears in the report. */
function failure(error: unknown, files: Files): ListerEvent {
  const [path = ''] = files.keys();
  return { kind: 'problem', path, problem: `the lister failed: ${messageOf(error)}` };
}

function toListing(lister: string, found: readonly ListerEvent[]): Listing {
  const byPath = Map.groupBy(eventsOf(found, 'package'), ({ path }) => path);
  return {
    packages: Array.from(byPath, ([path, listed]) => ({
      path,
      lister,
      packages: listed.map((event) => event.package),
    })),
    owned: eventsOf(found, 'owned-files').map(({ path, owner, files }) => ({ path, owner, files, lister })),
    diversions: diversionsByPath(found),
    repositories: eventsOf(found, 'repositories').map(({ path, repositories: names }) => ({ path, names })),
    problems: eventsOf(found, 'problem').map((event) => problemOf(lister, event)),
    ...pairsField(
      eventsOf(found, 'read-with').map(({ path, readWith }) => ({ extension: lister, path, readWith })),
    ),
  };
}

function eventsOf<Kind extends ListerEvent['kind']>(
  found: readonly ListerEvent[],
  kind: Kind,
): ListerEventOf<Kind>[] {
  return found.filter((event): event is ListerEventOf<Kind> => event.kind === kind);
}

function problemOf(
  extension: string,
  { path, problem: message, lacks }: ListerEventOf<'problem'>,
): ExtensionProblem {
  return { extension, path, message, ...(lacks !== undefined && { lacks }) };
}

function diversionsByPath(found: readonly ListerEvent[]): Listing['diversions'] {
  const byPath = Map.groupBy(eventsOf(found, 'diversion'), ({ path }) => path);
  return Array.from(byPath, ([path, listed]) => ({
    path,
    diversions: listed.map(({ diversion }) => diversion),
  }));
}
