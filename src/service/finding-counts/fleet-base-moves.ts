import type { FleetMove } from '../../match/upgrades/upgrade-proposals.ts';
import type { MovableImages } from '../../store/base-image-store.ts';
import type { ImageSum, UpgradeFinding, WeighedScope } from '../../store/finding-index-store.ts';
import type { KnownImage } from '../../store/known-image-store.ts';
import type { Store } from '../../store/store.ts';
import { keyOfFinding, weighedFinding } from './fleet-finding.ts';
import type { OutdatedBase } from './outdated-bases.ts';
import { findUnassessedNamespaces } from './unassessed-fleet.ts';

/** The parts of the store from which moves are computed. */
export type BaseMoveReads = Pick<Store, 'baseImages' | 'findingIndex' | 'keyValues'>;

/** Moves of images to the newer images of the names of their base images. Each image is in one at most. */
export interface FleetBaseMoves {
  readonly moves: readonly FleetMove[];
  /** The images of package sets that a move replaces, by the set and the key of the move. */
  readonly replaced: ReadonlyMap<number, ReadonlyMap<string, ImageSum>>;
}

/** Returns the moves of the images of a scope from outdated base images. Those to images that are known not to be assessed are left out. */
export async function findBaseMoves(
  bases: readonly OutdatedBase[],
  scope: WeighedScope,
  store: BaseMoveReads,
): Promise<FleetBaseMoves> {
  const assessed = await assessedImages(
    bases.map(({ newer }) => newer),
    store,
  );
  const outdated = bases.filter(({ newer }) => assessed.has(newer.image));
  const movable = await store.baseImages.findMovable(outdated, scope);
  const left = outdated.filter(({ image }) => (movable.get(image.number)?.images ?? 0) > 0);
  const moves: FleetMove[] = [];
  for (const some of Map.groupBy(left, ({ newer }) => newer.number).values())
    moves.push(...(await moveFrom(some, movable, store)));
  return { moves, replaced: replacedSets(left, movable) };
}

/** Returns the numbers of the indexes that are counted and not known to be assessed in part only. */
async function assessedImages(
  images: readonly KnownImage[],
  store: BaseMoveReads,
): Promise<ReadonlySet<number>> {
  const gaps = new Set((await findUnassessedNamespaces(store)) ?? []);
  const found = await store.findingIndex.findImages([...new Set(images.map(({ image }) => image))]);
  const assessed = [...found].filter(
    ([, { namespaces, unread }]) =>
      namespaces.length > 0 && unread.length === 0 && !namespaces.some((name) => gaps.has(name)),
  );
  return new Set(assessed.map(([image]) => image));
}

/** Returns the move from some base images to the image that has taken over their names. Empty without base images. */
async function moveFrom(
  bases: readonly OutdatedBase[],
  movable: ReadonlyMap<number, MovableImages>,
  store: BaseMoveReads,
): Promise<FleetMove[]> {
  const [first] = bases;
  if (first === undefined) return [];
  const { newer, name } = first;
  const moved = bases.reduce((sum, { image }) => addImages(sum, movable.get(image.number)), noImages);
  const opens = await findingsOf(newer, store);
  return [
    {
      key: keyOf(first),
      base: name,
      images: moved.images,
      from: bases.flatMap(({ image }) => image.digest ?? []),
      to: newer.digest,
      findings: opens.map((finding) => weighedFinding(finding, moved)),
    },
  ];
}

const noImages: ImageSum = { images: 0, weight: 0 };

function addImages({ images, weight }: ImageSum, more: ImageSum = noImages): ImageSum {
  return { images: images + more.images, weight: weight + more.weight };
}

function keyOf({ newer }: OutdatedBase): string {
  return String(newer.number);
}

/** Returns the findings of an image, each once. */
async function findingsOf(
  { image }: KnownImage,
  { baseImages, findingIndex }: BaseMoveReads,
): Promise<UpgradeFinding[]> {
  const found = await findingIndex.findSetFindings(await baseImages.findSets(image));
  return [...new Map([...found.values()].flat().map((one) => [keyOfFinding(one), one])).values()];
}

function replacedSets(
  bases: readonly OutdatedBase[],
  movable: ReadonlyMap<number, MovableImages>,
): FleetBaseMoves['replaced'] {
  const replaced = new Map<number, Map<string, ImageSum>>();
  for (const base of bases)
    for (const [set, images] of movable.get(base.image.number)?.sets ?? []) {
      const byMove = replaced.get(set) ?? new Map<string, ImageSum>();
      replaced.set(set, byMove);
      byMove.set(keyOf(base), addImages(images, byMove.get(keyOf(base))));
    }
  return replaced;
}
