import { type ImageLayer, layerIdentity } from '../../image/image-layer.ts';
import { lazyList } from '../../kit/lazy-list.ts';
import { sha256Of } from '../../kit/sha256.ts';
import { supportEndOfPackage } from '../../match/support-end.ts';
import type { LayerIndex } from '../../model/layer-index.ts';
import type { Package } from '../../model/package.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { ImagePackage, StoredDescription } from '../../store/image-store.ts';
import type { Store } from '../../store/store.ts';
import { analyzerKey } from './analyze-layers.ts';
import type { DeclaredUse } from './declared-packages.ts';
import type { ImageScope, IndexedImage } from './indexed-image.ts';
import { isUnmatched, PackageLookups, positionsOfUngrouped } from './package-lookup.ts';

/** How images that were indexed are described in the database, so that they need not be indexed again. */
export interface DescriptionDeps {
  /** Names this very program: another one may describe the same image differently. */
  readonly build: string;
  /** Writes packages as the elements of a list in a JSON report. */
  readonly writePackages: (packages: readonly Package[]) => string;
  /** Maximum length of the packages of an image in that form, in characters. */
  readonly charactersMax: number;
}

/** Facts about a layer that its index has, and not the image. */
export type LayerFacts = Pick<LayerIndex, 'digest' | 'diffId' | 'tarBytes' | 'verified'>;

/** An image, and the facts about its layers. */
export interface DescribedImage {
  readonly image: IndexedImage;
  readonly layers: readonly LayerFacts[];
}

/** Everything that changes the description of an image with the same layers. */
export interface DescribedBy extends ImageScope {
  readonly extensions: Extensions;
  readonly declared?: DeclaredUse | undefined;
  readonly verify: boolean;
}

/** Returns the key of the description of an image. Undefined if a layer has no cheap identity. */
export function descriptionKey(
  layers: readonly ImageLayer[],
  { extensions, declared, verify, distro, exclude = [] }: DescribedBy,
  build: string,
): string | undefined {
  const identities = layers.map((layer) => layerIdentity(layer, { verify }));
  if (identities.includes(undefined)) return undefined;
  const claims = layers.map(({ diffId, isGuessed }) => [diffId, isGuessed]);
  const namespaces = extensions.listers.map(({ ecosystem, versionScheme, purlSeparator }) => [
    ecosystem,
    versionScheme,
    purlSeparator,
  ]);
  const schemes = extensions.schemes.map(({ name }) => name);
  const scope = [distro, exclude, declared?.isSourceTree, declared?.isRequested];
  return sha256Of(
    JSON.stringify([build, analyzerKey(extensions), namespaces, schemes, scope, identities, claims]),
  );
}

/** Fields of a package that a report lacks. The lookup is present only if it is null: `PackageLookups` finds any other again. */
type OtherFields = Partial<Pick<ImagePackage, 'lookup' | 'layerPosition' | 'functions' | 'remarks'>>;

/** The description of an image without the packages, as JSON. */
interface Summary
  extends Pick<
    IndexedImage,
    'distro' | 'namespaces' | 'claimedNamespaces' | 'statuses' | 'excluded' | 'isSourceTree' | 'evidence'
  > {
  readonly layers: readonly LayerFacts[];
  /** Where the text of each package begins in that of all packages, in characters. */
  readonly starts: readonly number[];
  /** Indexes of the packages that coverage may depend on. */
  readonly covering: readonly number[];
  /** Indexes of the packages of unknown groups. */
  readonly ungrouped: readonly number[];
  /** Other fields of packages, by their indexes. */
  readonly others: Readonly<Record<number, OtherFields>>;
  /** Orders of the keys of packages. */
  readonly orders: readonly (readonly string[])[];
  /** Index in `orders` of each package. */
  readonly orderOf: readonly number[];
}

/** Dependencies of `describeImage`. */
interface DescribeDeps {
  readonly store: Pick<Store, 'images'>;
  readonly descriptions: DescriptionDeps;
  readonly extensions: Extensions;
}

/** Saves the description of an image, unless it is too long or would differ. Returns whether it did. */
export async function describeImage(
  key: string,
  { image, layers }: DescribedImage,
  { store, descriptions, extensions }: DescribeDeps,
): Promise<boolean> {
  const packages = descriptions.writePackages(image.packages);
  const { distro, namespaces, claimedNamespaces, statuses, excluded, isSourceTree, evidence } = image;
  const isCovering = coveringPackages(image);
  const summary = JSON.stringify({
    distro,
    namespaces,
    claimedNamespaces,
    statuses,
    evidence,
    layers,
    starts: startsOfElements(packages),
    ...(excluded !== undefined && { excluded }),
    ...(isSourceTree !== undefined && { isSourceTree }),
    covering: image.packages.flatMap((found, i) => (isCovering(found) ? [i] : [])),
    ungrouped: positionsOfUngrouped(image.packages),
    others: Object.fromEntries(image.packages.flatMap((found, i) => otherFields(found, i))),
    ...keyOrders(image.packages),
  } satisfies Summary);
  if (packages.length + summary.length > descriptions.charactersMax) return false;
  const { image: again } = restoreDescribed({ image: image.id, summary, packages }, extensions);
  const isSame = image.packages.every(
    (found, i) => JSON.stringify(found) === JSON.stringify(again.packages[i]),
  );
  if (!isSame) return false;
  await store.images.saveDescription(image.id, { key, packages, summary });
  return true;
}

/** Returns the order of the keys of each package. Some outputs have it, and the report has another. */
function keyOrders(packages: readonly ImagePackage[]): Pick<Summary, 'orders' | 'orderOf'> {
  const places = new Map<string, number>();
  const orderOf = packages.map((found) => {
    const order = JSON.stringify(Object.keys(found));
    const place = places.get(order) ?? places.size;
    places.set(order, place);
    return place;
  });
  return { orders: [...places.keys()].map((order) => JSON.parse(order) as string[]), orderOf };
}

/** Returns an object with its keys in this order. Leaves out others. */
function inOrder<T extends object>(fields: T, order: readonly string[] = []): T {
  const byKey = new Map<string, unknown>(Object.entries(fields));
  return Object.fromEntries(order.flatMap((key) => (byKey.has(key) ? [[key, byKey.get(key)]] : []))) as T;
}

function otherFields(
  { lookup, layerPosition, functions, remarks }: ImagePackage,
  index: number,
): [number, OtherFields][] {
  const fields = {
    // Others can be found again.
    ...(lookup === null && { lookup }),
    ...(layerPosition !== undefined && { layerPosition }),
    ...(functions !== undefined && { functions }),
    ...(remarks !== undefined && { remarks }),
  };
  return Object.keys(fields).length === 0 ? [] : [[index, fields]];
}

/**
 * Returns a predicate: whether coverage may depend on a package. It depends on those without advisories, on run times that are out of support,
 * and on those that own evidence or were listed from it.
 */
export function coveringPackages({
  evidence,
}: Pick<IndexedImage, 'evidence'>): (found: ImagePackage) => boolean {
  const paths = new Set(evidence.found.map(({ path }) => path));
  const owners = new Set(evidence.found.flatMap(({ owner }) => owner && `${owner.lister}\n${owner.name}`));
  return (found) =>
    (found.lookup === null && !isUnmatched(found)) ||
    supportEndOfPackage(found) !== undefined ||
    paths.has(found.location.path) ||
    owners.has(`${found.foundBy}\n${found.name}`);
}

/** Restores an image from its description. Its packages are read when they are used. */
export function restoreDescribed(
  { image: id, summary, packages: json }: StoredDescription,
  extensions: Extensions,
): DescribedImage {
  // The texts were written by `describeImage` of the same program, so they need no validation.
  const { layers, starts, covering, others, orders, orderOf, ...image } = JSON.parse(summary) as Summary;
  const { length } = starts;
  const elementAt = (index: number): Package => elementOf(json, starts, index);
  const orderAt = (index: number): readonly string[] | undefined => orders[orderOf[index] ?? 0];
  const lookups = new PackageLookups(image.distro, extensions);
  const packages = lazyList<ImagePackage>({
    length,
    elementAt: (i) => {
      const found = { ...elementAt(i), ...others[i] };
      const lookup = found.lookup === null ? null : lookups.find(found);
      return inOrder({ ...found, lookup }, orderAt(i));
    },
  });
  const reported = lazyList<Package>({
    length,
    elementAt: (i) => inOrder(elementAt(i), orderAt(i)),
    json,
  });
  return {
    layers,
    image: {
      ...image,
      id,
      layers: [],
      packages,
      reported,
      isDescribed: true,
      covering: covering.flatMap((i) => packages[i] ?? []),
    },
  };
}

/** The text between two elements of an indented list. It is nowhere else: texts have no line breaks, and inner elements are deeper. */
const betweenElements = ',\n    {';

/** Returns where the elements of a list begin, after the comma before them. To find that again takes longer than to read it. */
function startsOfElements(json: string): number[] {
  if (json === '') return [];
  const starts = [0];
  for (let at = json.indexOf(betweenElements); at !== -1; at = json.indexOf(betweenElements, at + 1))
    starts.push(at + 1);
  return starts;
}

/** Reads the element at an index of a list. */
function elementOf(json: string, starts: readonly number[], index: number): Package {
  const next = starts[index + 1];
  return JSON.parse(json.slice(starts[index], next === undefined ? undefined : next - 1)) as Package;
}
