const imagesPerRepository = 50;
const dayMs = 24 * 3_600_000;

/** Number of base images that have a same name, one after the other. */
export const basesPerName = 4;

/** A name of an image, and when it meant the image, in milliseconds since 1970. */
export interface SeededName {
  readonly repository: string;
  readonly tag: string;
  readonly since: number;
  /** Null if it still does. */
  readonly until: number | null;
}

/** Returns the number of base images of a fleet: one for each set of packages of bases. A small fleet has none. */
export function baseCountOf(images: number, baseSets: number): number {
  return images > 2 * baseSets ? baseSets : 0;
}

/** The names and layers of an image. */
export interface ImageDescription {
  readonly reference: string;
  readonly names: readonly SeededName[];
  readonly diffIds: readonly string[];
}

/** Describes an image, which is a base or is on the base with a number. */
export function describeImage(
  image: number,
  fleet: { readonly bases: number; readonly now: number; readonly base: number },
): ImageDescription {
  const isBase = image <= fleet.bases;
  const names = isBase ? baseNames(image, fleet) : [appName(image, fleet.now)];
  const diffIds = isBase ? [layerOf(1, image)] : [layerOf(1, fleet.base), layerOf(2, image)];
  return { reference: names.map(({ repository, tag }) => `${repository}:${tag}`)[0] ?? '', names, diffIds };
}

function appName(image: number, now: number): SeededName {
  const repository = `registry.example/team-${image % 97}/app-${Math.floor(image / imagesPerRepository)}`;
  return { repository, tag: String(image), since: now, until: null };
}

/** A base image has a version, and was `stable`: four images of a repository have had that name one after the other. The last has it. */
function baseNames(
  image: number,
  { bases, now }: { readonly bases: number; readonly now: number },
): SeededName[] {
  const repositories = bases / basesPerName;
  const repository = `registry.example/base/os-${(image - 1) % repositories}`;
  const turn = Math.floor((image - 1) / repositories);
  const since = now - (basesPerName - turn) * dayMs;
  const isLast = turn === basesPerName - 1;
  return [
    { repository, tag: `v${image}`, since, until: null },
    { repository, tag: 'stable', since, until: isLast ? null : since + dayMs },
  ];
}

/** A layer: its first 16 digits differ from those of all others, as those of a hash do. */
function layerOf(kind: 1 | 2, number: number): string {
  return `sha256:${kind}${number.toString(16).padStart(15, '0')}${'0'.repeat(48)}`;
}
