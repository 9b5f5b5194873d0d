import {
  byImages,
  imagesOf,
  type UnassessedImages,
  type UnassessedReason,
} from '../../model/unassessed-images.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { NamespaceGroup } from '../../store/finding-index-store.ts';
import type { Store } from '../../store/store.ts';
import { type NamespaceGap, namespaceGaps, withoutNamespace } from '../findings/namespace-gaps.ts';
import { KeptValue, type KeptValues } from './kept-value.ts';

/** Number of reasons that are kept. */
const keptReasons = 20;

/** Number of namespaces that are kept of a count: a list of images compares each of them with those of every image. */
export const keptNamespaces: number = 200;

/** These images, with what finds them. */
interface UnassessedFleet {
  readonly shown: UnassessedImages;
  /** Namespaces without complete advisories; those of most images come first. */
  readonly namespaces: readonly string[];
}

const kept = new KeptValue<UnassessedFleet>('findings/unassessed-by-code');

/** Dependencies of `updateUnassessed` and `updateImagesBySource`. */
export interface ImageGroupsDeps {
  readonly store: Pick<Store, 'advisories' | 'keyValues' | 'now'>;
  readonly extensions: Pick<Extensions, 'sources'>;
}

/** Counts the images that are not assessed again. */
export async function updateUnassessed(
  groups: readonly NamespaceGroup[],
  { store, extensions }: ImageGroupsDeps,
): Promise<void> {
  const names = [...new Set(groups.flatMap(({ namespaces }) => namespaces ?? []))];
  const gaps = await namespaceGaps(names, {
    store,
    extensions,
    outcomes: [],
    asOf: undefined,
    now: store.now,
    // Old advisories do not make an image unassessed.
    staleAfterMs: Number.POSITIVE_INFINITY,
  });
  await kept.keep(store, unassessedFleet(groups, gaps));
}

/** Returns the images that are not assessed, as a server has last counted them. Undefined before the first time. */
export async function findUnassessed(store: KeptValues): Promise<UnassessedImages | undefined> {
  return (await kept.read(store))?.shown;
}

/** Returns the namespaces without complete advisories, by which lists find such images. Undefined before the first count. */
export async function findUnassessedNamespaces(store: KeptValues): Promise<readonly string[] | undefined> {
  return (await kept.read(store))?.namespaces;
}

function unassessedFleet(
  groups: readonly NamespaceGroup[],
  gaps: ReadonlyMap<string, NamespaceGap>,
): UnassessedFleet {
  const counted = groups.filter(({ namespaces }) => namespaces !== null);
  const lacks = ({ namespaces }: NamespaceGroup): boolean => namespaces?.length === 0;
  const has = ({ namespaces }: NamespaceGroup, name: string): boolean => namespaces?.includes(name) === true;
  const ofNamespaces = [...gaps].map(([namespace, gap]) => ({
    ...gap,
    namespace,
    images: imagesOf(counted.filter((group) => has(group, namespace))),
  }));
  const unread = counted.filter((group) => group.isUnread);
  const others: readonly UnassessedReason[] = [
    {
      code: 'no-namespace',
      reason: withoutNamespace,
      namespace: null,
      images: imagesOf(counted.filter(lacks)),
    },
    { code: 'unread', reason: 'a part could not be read', namespace: null, images: imagesOf(unread) },
  ];
  const isUnassessed = (group: NamespaceGroup): boolean =>
    group.isUnread || lacks(group) || group.namespaces?.some((name) => gaps.has(name)) === true;
  const shown = {
    images: imagesOf(counted.filter(isUnassessed)),
    uncounted: imagesOf(groups.filter(({ namespaces }) => namespaces === null)),
    reasons: byImages([...ofNamespaces, ...others])
      .filter(({ images }) => images > 0)
      .slice(0, keptReasons),
  };
  const namespaces = byImages(ofNamespaces).map(({ namespace }) => namespace);
  return { shown, namespaces: namespaces.slice(0, keptNamespaces) };
}
