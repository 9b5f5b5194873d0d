import { messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { CollectedPackageFiles, ImmediateListing } from '../../image/layer/package-file-collector.ts';
import { tooManyThings } from '../../match/image-size.ts';
import type {
  Diversion,
  ExtensionProblem,
  FilePair,
  LayerIndex,
  LayerPackageFiles,
  LayerPackages,
  LayerRepositories,
  OwnedFiles,
} from '../../model/layer-index.ts';
import type { ListedPackage } from '../../model/package.ts';
import type { AnyLister } from '../../plugin/extensions.ts';
import {
  type Files,
  groupPatterns,
  type PathPattern,
  PatternMap,
  patternSet,
} from '../../plugin/layer-files.ts';
import type { ListerEvent, ListerEventOf, PackageLister } from '../../plugin/package-lister.ts';

/** Lists files of one layer that are too large to be held together, as soon as each was read. */
export function fileListing(
  listers: readonly AnyLister[],
): Pick<ImmediateListing, 'isWanted' | 'entriesOf' | 'beginningBytesOf' | 'list'> {
  const fileListers = new PatternMap(
    listers.flatMap((lister) => {
      if (!('listEach' in lister)) return [];
      const { name, readsEntry, beginningBytes } = lister;
      const fileLister = { lister: name, list: lister.listEach(), readsEntry, beginningBytes };
      const { largeFiles = groupPatterns(lister.wants).atAnyDepth } = lister;
      return largeFiles.map((pattern) => [pattern, fileLister] as const);
    }),
  );
  return {
    isWanted: (path) => fileListers.find(path) !== undefined,
    entriesOf: (path) => {
      const readers = fileListers.all(path).map(({ readsEntry }) => readsEntry);
      if (readers.includes(undefined)) return undefined;
      return (name) => readers.some((reads) => reads?.(name) === true);
    },
    beginningBytesOf: (path) => {
      const wanted = fileListers
        .all(path)
        .map(({ beginningBytes = Number.POSITIVE_INFINITY }) => beginningBytes);
      const bytes = Math.max(0, ...wanted);
      return Number.isFinite(bytes) ? bytes : undefined;
    },
    list: (path, content, load) =>
      fileListers
        .all(path)
        .map(({ lister, list }) => ({ lister, events: eventsOfFile(path, () => list(path, content, load)) })),
  };
}

/** Lists one file. If the lister fails, the last event says so. */
export function eventsOfFile(path: string, list: () => Iterable<ListerEvent>): ListerEvent[] {
  const events: ListerEvent[] = [];
  try {
    for (const event of list()) events.push(event);
  } catch (error) {
    events.push({ kind: 'problem', path, problem: `the lister failed: ${messageOf(error)}` });
  }
  return events;
}

/** Returns the listing of files that were listed as soon as they were read. Throws `limit-exceeded`. */
export function listingOfFiles(listed: CollectedPackageFiles['listed'], size: ListedSize): Listing {
  const builders = new Map<string, ListingBuilder>();
  for (const listings of listed.values())
    for (const { lister, events } of listings) {
      const builder =
        builders.get(lister) ??
        new ListingBuilder(lister, { size, realPathOf: (path) => path, packageFiles: listed });
      builders.set(lister, builder);
      for (const event of events) builder.add(event);
    }
  return concatListings(Array.from(builders.values(), (builder) => builder.listing()));
}

/** Events of listers for a layer, by kind. */
export interface Listing
  extends Pick<LayerIndex, 'packages' | 'owned' | 'diversions' | 'repositories' | 'problems' | 'pairs'> {
  /** The packages and problems of files at any depth. */
  readonly packageFiles: Omit<LayerPackageFiles, 'others'>;
}

/** Packages and files of packages of a layer that few layers have. */
export const manyThings = 10_000;

/** Limits what the listers of one layer list. Counting while they do keeps the memory of a hostile layer low. */
export class ListedSize {
  readonly #onMany: (() => void) | undefined;
  #things = 0;

  /** `onMany` is called when the layer has more than most. */
  constructor(onMany?: () => void) {
    this.#onMany = onMany;
  }

  /** Counts packages and files of packages. Throws `limit-exceeded`. */
  add(count: number): void {
    const before = this.#things;
    this.#things += count;
    if (before <= manyThings && this.#things > manyThings) this.#onMany?.();
    if (this.#things > limits.imageThings) throw tooManyThings();
  }
}

/** Options of `listPackages`. */
export interface ListingOptions {
  /** Returns the wanted paths at which links make a file available. */
  readonly wantedPathsOf: (path: string) => readonly string[];
  /** Shared by the listers of the layer. */
  readonly size: ListedSize;
  /** The files at any depth that the lister wants. Absent if there are none. */
  readonly packageFiles?: Files;
}

/** Returns the files at any depth that each lister wants. */
export function groupPackageFiles(
  listers: readonly AnyLister[],
  files: Files,
): ReadonlyMap<AnyLister, Map<string, Uint8Array>> {
  const groups = new Map(listers.map((lister) => [lister, new Map<string, Uint8Array>()]));
  const wanting = listersOfPackageFiles(listers);
  for (const [path, content] of files)
    for (const lister of wanting.all(path)) groups.get(lister)?.set(path, content);
  return groups;
}

/** Returns the listers by their patterns at any depth. */
export function listersOfPackageFiles(listers: readonly AnyLister[]): PatternMap<AnyLister> {
  const patternsOf = ({ wants }: AnyLister): PathPattern[] => groupPatterns(wants).atAnyDepth;
  return new PatternMap(
    listers.flatMap((lister) => patternsOf(lister).map((pattern) => [pattern, lister] as const)),
  );
}

/**
 * Runs a lister on the files of a layer that it wants. Runs it separately on files that links make available at a wanted path. Results have
 * the real path of the file. Returns a promise only for a remote lister. Throws `limit-exceeded`.
 */
export function listPackages(
  lister: AnyLister,
  files: Files,
  { wantedPathsOf, size, packageFiles = new Map() }: ListingOptions,
): Listing | Promise<Listing> {
  const isWanted = patternSet(groupPatterns(lister.wants).fixed);
  const atFixedPlaces = [...files].filter(([path]) => isWanted.find(path) !== undefined);
  const here = new Map([...atFixedPlaces, ...packageFiles]);
  const linked = [...files].flatMap(([path, content]) => {
    const wanted = wantedPathsOf(path).filter((each) => isWanted.find(each) !== undefined);
    return wanted.map((each) => ({ path, wanted: each, content }));
  });
  return mergeListings([
    runLister(lister, here, { size, packageFiles }),
    ...groupWithoutConflicts(linked).map((files) =>
      runLister(lister, new Map(Array.from(files, ([wanted, { content }]) => [wanted, content])), {
        size,
        realPathOf: (path) => files.get(path)?.path ?? path,
      }),
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
    packageFiles: {
      packages: listings.flatMap(({ packageFiles }) => packageFiles.packages),
      problems: listings.flatMap(({ packageFiles }) => packageFiles.problems),
      withoutPackage: listings.flatMap(({ packageFiles }) => packageFiles.withoutPackage),
    },
    ...pairsField(listings.flatMap(({ pairs = [] }) => pairs)),
  };
}

function pairsField(pairs: readonly FilePair[]): Pick<Listing, 'pairs'> {
  return pairs.length === 0 ? {} : { pairs };
}

interface RunOptions {
  readonly size: ListedSize;
  /** Returns the path of a file that the lister found at a wanted path. Absent if they are the same. */
  readonly realPathOf?: (path: string) => string;
  /** Those of the files that are at any depth. */
  readonly packageFiles?: Pick<ReadonlyMap<string, unknown>, 'has'>;
}

function runLister(
  lister: AnyLister,
  files: Files,
  { size, realPathOf = (path) => path, packageFiles = new Map() }: RunOptions,
): Listing | Promise<Listing> {
  const builder = new ListingBuilder(lister.name, { size, realPathOf, packageFiles });
  if (files.size === 0) return builder.listing();
  if ('listRemotely' in lister)
    return lister
      .listRemotely(files)
      .catch((error: unknown) => [failure(error, files)])
      .then((events) => {
        for (const event of events) builder.add(event);
        return builder.listing();
      });
  for (const event of eventsOf(lister, files)) builder.add(event);
  return builder.listing();
}

/** The failure of a lister. It concerns all of its files, also if a later layer removes the named one. */
interface ListerFailure {
  readonly kind: 'failure';
  readonly path: string;
  readonly problem: string;
}

/** Yields the events of a lister. If it fails, yields a last one that says so. */
function* eventsOf(lister: PackageLister, files: Files): Generator<ListerEvent | ListerFailure> {
  try {
    yield* lister.list(files);
  } catch (error) {
    yield failure(error, files);
  }
}

/** A failed lister loses only its own result. The problem appears in the report. */
function failure(error: unknown, files: Files): ListerFailure {
  const [path = ''] = files.keys();
  return { kind: 'failure', path, problem: `the lister failed: ${messageOf(error)}` };
}

/** Collects the events of one run of a lister. */
export class ListingBuilder {
  readonly #lister: string;
  readonly #options: Required<RunOptions>;
  readonly #ofDatabases = new EventGroups();
  readonly #ofPackageFiles = new EventGroups();
  readonly #withoutPackage: string[] = [];
  readonly #diversions = new Map<string, Diversion[]>();
  readonly #owned: OwnedFiles[] = [];
  readonly #repositories: LayerRepositories[] = [];
  readonly #pairs: FilePair[] = [];

  constructor(lister: string, options: Required<RunOptions>) {
    this.#lister = lister;
    this.#options = options;
  }

  /** Adds an event. Throws `limit-exceeded` if the layer holds more than an image may. */
  add(event: ListerEvent | ListerFailure): void {
    const { size, realPathOf, packageFiles } = this.#options;
    const path = realPathOf(event.path);
    const extension = this.#lister;
    const groups = packageFiles.has(event.path) ? this.#ofPackageFiles : this.#ofDatabases;
    switch (event.kind) {
      case 'package':
        size.add(1);
        addTo(groups.packages, path, event.package);
        break;
      case 'problem': {
        const { problem: message, lacks } = event;
        groups.problems.push({ extension, path, message, ...(lacks !== undefined && { lacks }) });
        break;
      }
      case 'failure':
        this.#ofDatabases.problems.push({ extension, path, message: event.problem });
        break;
      case 'no-package':
        this.#withoutPackage.push(path);
        break;
      case 'owned-files':
      case 'diversion':
      case 'repositories':
      case 'read-with':
        this.#addOfDatabase(event, path);
    }
  }

  #addOfDatabase(
    event: ListerEventOf<'owned-files' | 'diversion' | 'repositories' | 'read-with'>,
    path: string,
  ): void {
    const { size, realPathOf } = this.#options;
    switch (event.kind) {
      case 'owned-files':
        size.add(1 + event.files.length);
        this.#owned.push({ path, owner: event.owner, files: event.files, lister: this.#lister });
        break;
      case 'diversion':
        addTo(this.#diversions, path, event.diversion);
        break;
      case 'repositories':
        this.#repositories.push({ path, names: event.repositories });
        break;
      case 'read-with':
        this.#pairs.push({ extension: this.#lister, path, readWith: realPathOf(event.readWith) });
    }
  }

  listing(): Listing {
    const lister = this.#lister;
    const listed = ({ packages }: EventGroups): LayerPackages[] =>
      Array.from(packages, ([path, ofPath]) => ({ path, lister, packages: ofPath }));
    return {
      packages: listed(this.#ofDatabases),
      owned: this.#owned,
      diversions: Array.from(this.#diversions, ([path, diversions]) => ({ path, diversions })),
      repositories: this.#repositories,
      problems: this.#ofDatabases.problems,
      packageFiles: {
        packages: listed(this.#ofPackageFiles),
        problems: this.#ofPackageFiles.problems,
        withoutPackage: this.#withoutPackage,
      },
      ...pairsField(this.#pairs),
    };
  }
}

/** Packages by path, and problems. */
class EventGroups {
  readonly packages = new Map<string, ListedPackage[]>();
  readonly problems: ExtensionProblem[] = [];
}

function addTo<T>(groups: Map<string, T[]>, path: string, item: T): void {
  const group = groups.get(path);
  if (group === undefined) groups.set(path, [item]);
  else group.push(item);
}
