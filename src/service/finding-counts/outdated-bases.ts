import { compareText } from '../../model/order.ts';
import type { Replacement } from '../../store/base-image-store.ts';
import type { KnownImage } from '../../store/known-image-store.ts';
import type { Store } from '../../store/store.ts';

/** Number of outdated base images that are considered, those with the most images first. */
const basesMax = 500;

/** A base image that has lost a name, and the image that has the name now. */
export interface OutdatedBase {
  readonly image: KnownImage;
  readonly newer: KnownImage;
  /** The name, with its tag. */
  readonly name: string;
}

/**
 * Returns the outdated base images with the most images, each with the image that has taken over most of its names. The others of its names
 * may be those of other releases, such as `latest`.
 */
export async function findOutdatedBases({
  baseImages,
  knownImages,
}: Pick<Store, 'baseImages' | 'knownImages'>): Promise<OutdatedBase[]> {
  const { bases } = await baseImages.pageBases({ isOutdated: true }, { limit: basesMax });
  const replacements = await baseImages.findReplacements(bases.map(({ image }) => image.number));
  const takers = await knownImages.findByNumbers([...new Set(replacements.map((one) => one.replacedBy))]);
  const byNumber = new Map(takers.map((image) => [image.number, image]));
  const byBase = Map.groupBy(replacements, ({ number }) => number);
  return bases.flatMap(({ image }) => {
    const chosen = mainReplacement(byBase.get(image.number) ?? []);
    const newer = chosen && byNumber.get(chosen.replacedBy);
    return newer === undefined ? [] : [{ image, newer, name: `${chosen?.repository}:${chosen?.tag}` }];
  });
}

/** Returns the first name that is now of the image with the most names. */
function mainReplacement(replacements: readonly Replacement[]): Replacement | undefined {
  const ordered = replacements.toSorted((a, b) => compareText(textOf(a), textOf(b)));
  const taken = [...Map.groupBy(ordered, ({ replacedBy }) => replacedBy).values()];
  return taken.toSorted((a, b) => b.length - a.length)[0]?.[0];
}

function textOf({ repository, tag }: Replacement): string {
  return `${repository}:${tag}`;
}
