import { messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { tooManyThings } from '../../match/image-size.ts';
import type {
  Diversion,
  ExtensionProblem,
  FilePair,
  LayerIndex,
  LayerRepositories,
  OwnedFiles,
} from '../../model/layer-index.ts';
import type { ListedPackage } from '../../model/package.ts';
import type { AnyLister } from '../../plugin/extensions.ts';
import { type Files, patternSet } from '../../plugin/layer-files.ts';
import type { ListerEvent, PackageLister } from '../../plugin/package-lister.ts';

/** Events of listers for a layer, by kind. */
export type Listing = Pick<
  LayerIndex,
  'packages' | 'owned' | 'diversions' | 'repositories' | 'problems' | 'pairs'
>;

/** Limits what the listers of one layer list. Counting while they do keeps the memory of a hostile layer low. */
export class ListedSize {
  #things = 0;

  /** Counts packages and files of packages. Throws `limit-exceeded`. */
  add(count: number): void {
    this.#things += count;
    if (this.#things > limits.imageThings) throw tooManyThings();
  }
}

/** Options of `listPackages`. */
export interface ListingOptions {
  /** Returns the wanted paths at which links make a file available. */
  readonly wantedPathsOf: (path: string) => readonly string[];
  /** Shared by the listers of the layer. */
  readonly size: ListedSize;
}

/**
 * Runs a lister on the files of a layer that it wants. Runs it separately on files that links make available at a wanted path. Results have
 * the real path of the file. Returns a promise only for a remote lister. Throws `limit-exceeded`.
 */
export function listPackages(
  lister: AnyLister,
  files: Files,
  { wantedPathsOf, size }: ListingOptions,
): Listing | Promise<Listing> {
  const isWanted = patternSet(lister.wants);
  const here = [...files].filter(([path]) => isWanted.find(path) !== undefined);
  const linked = [...files].flatMap(([path, content]) => {
    const wanted = wantedPathsOf(path).filter((each) => isWanted.find(each) !== undefined);
    return wanted.map((each) => ({ path, wanted: each, content }));
  });
  return mergeListings([
    runLister(lister, new Map(here), { size }),
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
}

function runLister(
  lister: AnyLister,
  files: Files,
  { size, realPathOf = (path) => path }: RunOptions,
): Listing | Promise<Listing> {
  const builder = new ListingBuilder(lister.name, size, realPathOf);
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

/** Yields the events of a lister. If it fails, yields a last one that says so. */
function* eventsOf(lister: PackageLister, files: Files): Generator<ListerEvent> {
  try {
    yield* lister.list(files);
  } catch (error) {
    yield failure(error, files);
  }
}

/** A failed lister loses only its own result. The problem appears in the report. */
function failure(error: unknown, files: Files): ListerEvent {
  const [path = ''] = files.keys();
  return { kind: 'problem', path, problem: `the lister failed: ${messageOf(error)}` };
}

/** Collects the events of one run of a lister. */
class ListingBuilder {
  readonly #lister: string;
  readonly #size: ListedSize;
  readonly #realPathOf: (path: string) => string;
  readonly #packages = new Map<string, ListedPackage[]>();
  readonly #diversions = new Map<string, Diversion[]>();
  readonly #owned: OwnedFiles[] = [];
  readonly #repositories: LayerRepositories[] = [];
  readonly #problems: ExtensionProblem[] = [];
  readonly #pairs: FilePair[] = [];

  constructor(lister: string, size: ListedSize, realPathOf: (path: string) => string) {
    this.#lister = lister;
    this.#size = size;
    this.#realPathOf = realPathOf;
  }

  /** Adds an event. Throws `limit-exceeded` if the layer holds more than an image may. */
  add(event: ListerEvent): void {
    const path = this.#realPathOf(event.path);
    const extension = this.#lister;
    switch (event.kind) {
      case 'package':
        this.#size.add(1);
        addTo(this.#packages, path, event.package);
        break;
      case 'owned-files':
        this.#size.add(1 + event.files.length);
        this.#owned.push({ path, owner: event.owner, files: event.files, lister: extension });
        break;
      case 'diversion':
        addTo(this.#diversions, path, event.diversion);
        break;
      case 'repositories':
        this.#repositories.push({ path, names: event.repositories });
        break;
      case 'problem': {
        const { problem: message, lacks } = event;
        this.#problems.push({ extension, path, message, ...(lacks !== undefined && { lacks }) });
        break;
      }
      case 'read-with':
        this.#pairs.push({ extension, path, readWith: this.#realPathOf(event.readWith) });
    }
  }

  listing(): Listing {
    const lister = this.#lister;
    return {
      packages: Array.from(this.#packages, ([path, packages]) => ({ path, lister, packages })),
      owned: this.#owned,
      diversions: Array.from(this.#diversions, ([path, diversions]) => ({ path, diversions })),
      repositories: this.#repositories,
      problems: this.#problems,
      ...pairsField(this.#pairs),
    };
  }
}

function addTo<T>(groups: Map<string, T[]>, path: string, item: T): void {
  const group = groups.get(path);
  if (group === undefined) groups.set(path, [item]);
  else group.push(item);
}
