import { advisoryNamespaceOf, versionSchemeOf } from '../../model/namespace.ts';
import { compareText } from '../../model/order.ts';
import { imagesOf } from '../../model/unassessed-images.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import { type ScopedFeedState, statesFor } from '../../store/feed-state.ts';
import type { NamespaceGroup } from '../../store/finding-index-store.ts';
import { effectiveFeeds } from '../feeds/choose-feeds.ts';
import { KeptValue, type KeptValues } from './kept-value.ts';
import { type ImageGroupsDeps, keptNamespaces } from './unassessed-fleet.ts';

/** The counted images whose packages are looked up in the advisories of a source. */
export interface ImagesOfSource {
  readonly images: number;
  /** Their namespaces that the source covers; those of most images come first. */
  readonly namespaces: readonly string[];
}

/** The images of each source of advisories. */
export interface ImagesBySource {
  /** When they were counted, ISO 8601. */
  readonly countedAt: string;
  /** By the name of the source. A source on which no image relies is absent. */
  readonly sources: Readonly<Record<string, ImagesOfSource>>;
}

const kept = new KeptValue<ImagesBySource>('findings/by-source');

/** Counts the images that rely on each source again. */
export async function updateImagesBySource(
  groups: readonly NamespaceGroup[],
  { store, extensions }: ImageGroupsDeps,
): Promise<void> {
  const states = await store.advisories.findFeedStates();
  const ofNamespaces = namespacesBySource(groups, states, extensions);
  const sources = Object.fromEntries(
    [...ofNamespaces].map(([source, namespaces]) => [source, imagesOfSource(namespaces, groups)]),
  );
  await kept.keep(store, { countedAt: store.now().toISOString(), sources });
}

/** Returns the images of each source, as a server has last counted them. Undefined before the first time. */
export async function findImagesBySource(store: KeptValues): Promise<ImagesBySource | undefined> {
  return await kept.read(store);
}

/** Returns the namespaces of images by the source that reports read for them. */
function namespacesBySource(
  groups: readonly NamespaceGroup[],
  states: readonly ScopedFeedState[],
  { sources }: Pick<Extensions, 'sources'>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const names = new Set(groups.flatMap(({ namespaces }) => namespaces ?? []));
  const found = new Map<string, Set<string>>();
  for (const name of names) {
    const namespace = { name, versionScheme: versionSchemeOf(name) ?? '' };
    const ofNamespace = statesFor(advisoryNamespaceOf(namespace).name, states);
    for (const { source } of effectiveFeeds(namespace, sources, ofNamespace))
      found.set(source.name, (found.get(source.name) ?? new Set()).add(name));
  }
  return found;
}

function imagesOfSource(namespaces: ReadonlySet<string>, groups: readonly NamespaceGroup[]): ImagesOfSource {
  const relying = groups.flatMap((group) => {
    const covered = group.namespaces?.filter((name) => namespaces.has(name)) ?? [];
    return covered.length === 0 ? [] : { covered, images: group.images };
  });
  const counts = new Map<string, number>();
  for (const { covered, images } of relying)
    for (const name of covered) counts.set(name, (counts.get(name) ?? 0) + images);
  const ordered = [...counts].sort(([a, ofA], [b, ofB]) => ofB - ofA || compareText(a, b));
  return { images: imagesOf(relying), namespaces: ordered.slice(0, keptNamespaces).map(([name]) => name) };
}
