import { isDistributionType } from '../../model/namespace.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { ImagePackage } from '../../store/image-store.ts';
import type { HitVersion, LayerPage, NamedLayer } from '../../store/named-layer-store.ts';
import type { PageRequest } from '../../store/page.ts';
import type { Store } from '../../store/store.ts';
import type { DisprovingRecords } from './disproving-records.ts';
import { openFindings } from './open-findings.ts';

/** A named layer or an ancestry. */
type AffectedName = LayerPage['layers'][number];

/** A page of names. It may have fewer than the limit, and more if layers replace one that they are built upon. */
export interface AffectedNames {
  readonly affected: readonly AffectedName[];
  readonly next?: number;
}

/** Dependencies of `affectedLayers` and `affectedAncestries`. */
export interface AffectedNamesDeps {
  readonly extensions: Pick<Extensions, 'schemes'>;
  readonly store: Pick<Store, 'namedLayers' | 'ancestries' | 'images'>;
}

/** Versions that records hit, and the records that may show that a program with such a version is not affected. */
export interface AffectingVersions {
  readonly versions: readonly HitVersion[];
  readonly disproving: DisprovingRecords;
}

/** Number of layers upon one that are read. With more, the layer itself is listed. */
const layersAboveMax = 200;

/** Returns a page of the layers that introduce a version whose findings count, by rising number. */
export async function affectedLayers(
  affecting: AffectingVersions,
  page: PageRequest<number>,
  deps: AffectedNamesDeps,
): Promise<AffectedNames> {
  const { namedLayers } = deps.store;
  const { layers, ...rest } = await namedLayers.pageIntroducing(numbersOf(affecting), page);
  const check = new FindingCheck(affecting, deps);
  if (!check.isNeeded) return { affected: layers, ...rest };
  const affected: AffectedName[] = [];
  for (const layer of layers) {
    const found = await namedLayers.find(layer.name);
    if (found === undefined || (await check.counts(found.image))) affected.push(layer);
    else affected.push(...(await affectedAbove(found, check, deps)));
  }
  return { affected: affected.sort((a, b) => a.number - b.number), ...rest };
}

/**
 * Returns the layers in which the findings of a version begin to count that a layer below introduced. A program that an upper layer adds
 * may contain the functions that those below lack.
 */
async function affectedAbove(
  layer: NamedLayer,
  check: FindingCheck,
  { store }: AffectedNamesDeps,
): Promise<AffectedName[]> {
  const above = await store.namedLayers.findAbove(layer.name, layersAboveMax);
  if (above.length === layersAboveMax) return [layer];
  const images = new Map([layer, ...above].map(({ name, image }) => [name, image]));
  const affected: AffectedName[] = [];
  for (const { number, name, parent, image } of above) {
    const below = parent === null ? undefined : images.get(parent);
    const isNew = below === undefined || !(await check.counts(below));
    if (isNew && (await check.counts(image))) affected.push({ number, name });
  }
  return affected;
}

/** Returns a page of the ancestries that have a version whose findings count, by rising number. */
export async function affectedAncestries(
  affecting: AffectingVersions,
  page: PageRequest<number>,
  deps: AffectedNamesDeps,
): Promise<AffectedNames> {
  const { store } = deps;
  const { ancestries, ...rest } = await store.ancestries.pageByVersions(numbersOf(affecting), page);
  const check = new FindingCheck(affecting, deps);
  if (!check.isNeeded) return { affected: ancestries, ...rest };
  const affected: AffectedName[] = [];
  for (const ancestry of ancestries) {
    const found = await store.ancestries.find(ancestry.name);
    if (found === undefined || (await check.counts(found.image))) affected.push(ancestry);
  }
  return { affected, ...rest };
}

function numbersOf({ versions }: AffectingVersions): number[] {
  return versions.map(({ number }) => number);
}

/** Decides whether the findings of versions count in an image. Reads each image once. */
class FindingCheck {
  /** Whether packages of these versions may have findings that do not count. Those of distributions always count. */
  readonly isNeeded: boolean;
  readonly #affecting: AffectingVersions;
  readonly #deps: AffectedNamesDeps;
  readonly #known = new Map<number, boolean>();

  constructor(affecting: AffectingVersions, deps: AffectedNamesDeps) {
    this.#affecting = affecting;
    this.#deps = deps;
    this.isNeeded = affecting.versions.some(({ type }) => !isDistributionType(type));
  }

  async counts(image: number): Promise<boolean> {
    const known = this.#known.get(image);
    if (known !== undefined) return known;
    const { packages } = await this.#deps.store.images.findByNumber(image);
    const counts = this.#countIn(packages);
    this.#known.set(image, counts);
    return counts;
  }

  #countIn(packages: readonly ImagePackage[]): boolean {
    const { versions, disproving } = this.#affecting;
    return versions.some(({ hits, version, type }) => {
      const names = new Set(hits.map(({ affectedPackage }) => affectedPackage));
      const installed = packages.filter(
        ({ lookup, ...found }) =>
          found.type === type && lookup !== null && names.has(lookup.name) && lookup.version === version,
      );
      const { findings } = openFindings({ packages: installed, hits }, this.#deps.extensions);
      return findings.some((finding) => disproving.isWanted(finding));
    });
  }
}
