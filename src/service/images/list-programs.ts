import { ClairError, messageOf } from '../../core/errors.ts';
import type { FileListing, ImmediateListing } from '../../image/layer/package-file-collector.ts';
import type { AnyLister, RemoteLister } from '../../plugin/extensions.ts';
import type { ProgramParts } from '../../plugin/package-lister.ts';
import {
  eventsOfFile,
  fileListing,
  type ListedSize,
  type Listing,
  ListingBuilder,
  listingOfFiles,
  manyThings,
} from './list-packages.ts';

/**
 * Lists the large files and the programs of one layer, as soon as each was read. `onMany` is called when the layer has more packages than
 * most. The limit of the layer is checked later, when all of its listings are joined.
 */
export function immediateListing(
  listers: readonly AnyLister[],
  onMany: (() => void) | undefined,
): ImmediateListing {
  const listing = { ...fileListing(listers), ...programListing(listers) };
  let things = 0;
  const count = (listings: readonly FileListing[]): readonly FileListing[] => {
    const before = things;
    for (const { events } of listings) things += events.length;
    if (before <= manyThings && things > manyThings) onMany?.();
    return listings;
  };
  return {
    ...listing,
    list: (path, content, load) => count(listing.list(path, content, load)),
    listProgram: (path, parts) => count(listing.listProgram(path, parts)),
  };
}

/** Lists programs as soon as they were read. */
function programListing(
  listers: readonly AnyLister[],
): Pick<ImmediateListing, 'programParts' | 'programTexts' | 'listProgram'> {
  const ofPrograms = listers.filter(({ programParts }) => programParts !== undefined);
  const ofTexts = ofPrograms.flatMap((lister) => ('programTexts' in lister ? [lister.programTexts] : []));
  return {
    programParts: new Set(ofPrograms.flatMap(({ programParts = [] }) => programParts)),
    programTexts: (path) => ofTexts.flatMap((textsOf) => textsOf(path)),
    listProgram: (path, parts) =>
      ofPrograms.flatMap((lister) => {
        const wanted = new Map([...parts].filter(([part]) => lister.programParts?.includes(part)));
        return wanted.size === 0 ? [] : [listProgramBy(lister, path, wanted)];
      }),
  };
}

function listProgramBy(lister: AnyLister, path: string, parts: ProgramParts): FileListing {
  const { name } = lister;
  if (!('listRemotely' in lister))
    return { lister: name, events: eventsOfFile(path, () => lister.listProgram?.(path, parts) ?? []) };
  // The bytes that were read are overwritten by the next ones.
  const copies = Array.from(parts, ([part, content]) => [part, Uint8Array.from(content)] as const);
  return { lister: name, events: [], pending: new Map(copies) };
}

/** Returns the listings of the programs of a layer, by listers on this thread and on others. Throws `limit-exceeded`. */
export function listPrograms(
  listed: ReadonlyMap<string, readonly FileListing[]>,
  listers: readonly AnyLister[],
  size: ListedSize,
): (Listing | Promise<Listing>)[] {
  const remote = [...listed].flatMap(([path, listings]) =>
    listings.flatMap(({ lister: name, pending }) => {
      const lister = listers.find((one) => one.name === name);
      if (pending === undefined || lister === undefined || !('listRemotely' in lister)) return [];
      return [listRemoteProgram(lister, path, { parts: pending, size })];
    }),
  );
  return [listingOfFiles(listed, size), ...remote];
}

async function listRemoteProgram(
  lister: RemoteLister,
  path: string,
  { parts, size }: { readonly parts: ProgramParts; readonly size: ListedSize },
): Promise<Listing> {
  const builder = new ListingBuilder(lister.name, {
    size,
    realPathOf: (listed) => listed,
    packageFiles: new Set([path]),
  });
  try {
    for (const event of await lister.listProgramRemotely(path, parts)) builder.add(event);
  } catch (error) {
    if (error instanceof ClairError && error.code === 'limit-exceeded') throw error;
    builder.add({ kind: 'problem', path, problem: `the lister failed: ${messageOf(error)}` });
  }
  return builder.listing();
}
