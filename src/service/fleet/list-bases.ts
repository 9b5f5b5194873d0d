import { isBaseOf } from '../../match/base-image.ts';
import type {
  BaseFilter,
  BasePlace,
  ImagesOnBase,
  OnBasePlace,
  Replacement,
} from '../../store/base-image-store.ts';
import type { KnownImage } from '../../store/known-image-store.ts';
import type { PageRequest } from '../../store/page.ts';
import type { Store } from '../../store/store.ts';

/** A newer image that has taken over a name of a base image. */
export interface NewerBase extends Pick<Replacement, 'repository' | 'tag' | 'since'> {
  readonly image: KnownImage;
}

/** A base image, with what has become of its names. */
export interface DescribedBase {
  readonly image: KnownImage;
  /** Null until a server has counted it. */
  readonly on: ImagesOnBase | null;
  /** Number of images on images from which this one has taken over a name. Null until a server has counted them. */
  readonly onOlder: number | null;
  readonly replacedBy: readonly NewerBase[];
}

/** The parts of the store that describe base images. */
export type BaseReads = Pick<Store, 'baseImages' | 'knownImages'>;

/** Returns a page of base images with their names. */
export async function listBases(
  filter: BaseFilter,
  page: PageRequest<BasePlace>,
  store: BaseReads,
): Promise<{ readonly bases: readonly DescribedBase[]; readonly next?: BasePlace }> {
  const { bases, next } = await store.baseImages.pageBases(filter, page);
  const described = await describeBases(
    bases.map(({ image, images, direct }) => ({ image, on: { images, direct } })),
    store,
  );
  return { bases: described, ...(next && { next }) };
}

/** Returns the known images whose layers are the lowest ones of an image, the one with the most layers first. */
export async function listBasesOf(image: KnownImage, store: BaseReads): Promise<readonly DescribedBase[]> {
  const found = await store.knownImages.findBases(image.diffIds);
  const counts = await store.baseImages.countImagesOn(found.map(({ number }) => number));
  return await describeBases(
    found.map((base) => ({ image: base, on: counts.get(base.number) ?? null })),
    store,
  );
}

async function describeBases(
  bases: readonly Pick<DescribedBase, 'image' | 'on'>[],
  { baseImages, knownImages }: BaseReads,
): Promise<DescribedBase[]> {
  const numbers = bases.map(({ image }) => image.number);
  const onOlder = await baseImages.countImagesOnOlder(numbers);
  const replacements = await baseImages.findReplacements(numbers);
  const newer = await imagesByNumber(
    replacements.map((one) => one.replacedBy),
    { knownImages },
  );
  return bases.map(({ image, on }) => ({
    image,
    on,
    onOlder: on && (onOlder.get(image.number) ?? 0),
    replacedBy: replacements.flatMap(({ number, replacedBy, repository, tag, since }) => {
      const taker = number === image.number ? newer.get(replacedBy) : undefined;
      return taker === undefined ? [] : [{ repository, tag, since, image: taker }];
    }),
  }));
}

async function imagesByNumber(
  numbers: readonly number[],
  { knownImages }: Pick<Store, 'knownImages'>,
): Promise<ReadonlyMap<number, KnownImage>> {
  const found = await knownImages.findByNumbers([...new Set(numbers)]);
  return new Map(found.map((image) => [image.number, image]));
}

/** An image to build again, because a newer image has taken over a name of its base. */
export interface NeededRebuild {
  readonly image: KnownImage;
  readonly base: DescribedBase;
  readonly newer: NewerBase;
}

/** Where a page of images to build again ends: the base image, and the last image on it. */
export type RebuildPlace = readonly [base: BasePlace, image: OnBasePlace | null];

/** A page of images to build again. It can have fewer rows than requested, and still a next page. */
export interface RebuildPage {
  readonly rows: readonly NeededRebuild[];
  readonly next?: RebuildPlace;
}

/** Number of reads per page. Each reads a base image with a part of the images on it. */
const readsMax = 50;

/**
 * Returns a page of the images that are on an image whose name means a newer known image now, and not on that one. Those of the base with
 * the most images come first. An image can be on several such bases.
 */
export async function listRebuilds(
  { limit, after }: PageRequest<RebuildPlace>,
  store: BaseReads,
): Promise<RebuildPage> {
  const rows: NeededRebuild[] = [];
  let place = after;
  for (let reads = 0; reads < readsMax && rows.length < limit; reads++) {
    const base = await nextOutdated(place, store);
    if (base === undefined) return { rows };
    const own: BasePlace = [base.on?.images ?? 0, base.image.number];
    const start = place?.[0][1] === own[1] ? place[1] : null;
    const page = await store.baseImages.pageImagesOn(base.image, {
      limit: limit - rows.length,
      ...(start && { after: start }),
    });
    rows.push(...page.images.flatMap((image) => rebuildOf(image, base)));
    place = [own, page.next ?? null];
  }
  return { rows, ...(place && { next: place }) };
}

/** Returns the base image of which a part is left, or the next one. */
async function nextOutdated(
  place: RebuildPlace | undefined,
  store: BaseReads,
): Promise<DescribedBase | undefined> {
  const [base, image] = place ?? [];
  // The order of a list falls, so the place before that of a base is one above it.
  const after: BasePlace | undefined = base && (image === null ? base : [base[0], base[1] + 1]);
  const { bases } = await listBases({ isOutdated: true }, { limit: 1, ...(after && { after }) }, store);
  return bases[0];
}

function rebuildOf(image: KnownImage, base: DescribedBase): NeededRebuild[] {
  const layers = image.diffIds.map((diffId) => ({ diffId }));
  const newer = base.replacedBy.find(
    ({ image: taker }) => taker.number !== image.number && !isBaseOf(taker, { layers }),
  );
  return newer === undefined ? [] : [{ image, base, newer }];
}
