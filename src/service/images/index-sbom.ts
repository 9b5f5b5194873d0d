import { sha256Of } from '../../kit/sha256.ts';
import type { Distro } from '../../model/distro.ts';
import { comparePackages } from '../../model/order.ts';
import { overrideDistro } from '../../model/parse-distro.ts';
import type { Inventory } from '../../model/report.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { Store } from '../../store/store.ts';
import { analyzerKey } from './analyze-layers.ts';
import { DistributionFiles } from './distribution-files.ts';
import { versionOrder } from './extension-status.ts';
import { imageIndexIdentity, indexVersion } from './index-image.ts';
import type { ImageScope, IndexedImage } from './indexed-image.ts';
import { claimedNamespacesOf, namespacesOf, PackageLookups, withoutLookup } from './package-lookup.ts';

/** Dependencies and options of `indexSbom`. */
export interface IndexSbomDeps extends Pick<ImageScope, 'distro'> {
  readonly extensions: Extensions;
  readonly store: Pick<Store, 'images'>;
}

/**
 * Saves the packages of an inventory, as if its image had been read. Equal inventories are saved as one image, whatever their documents.
 */
export async function indexSbom(
  inventory: Inventory,
  { extensions, store, distro: distroOverride }: IndexSbomDeps,
): Promise<IndexedImage> {
  const { layers, statuses, unread = [] } = inventory;
  const distro =
    distroOverride === undefined ? inventory.distro : overrideDistro(distroOverride, inventory.distro);
  const files = distributionFilesOf(inventory, distro);
  const lookups = new PackageLookups(distro, extensions);
  const packages = inventory.packages
    .map((found) =>
      found.evidence !== undefined && files.has(found.location.path)
        ? withoutLookup(found)
        : { ...found, lookup: lookups.find(found) },
    )
    .sort(comparePackages);
  const content = sha256Of(JSON.stringify([distro, inventory.packages]));
  const identity = imageIndexIdentity([
    `sbom-${indexVersion} ${analyzerKey(extensions)}`,
    `sha256:${content}`,
  ]);
  return {
    id: await store.images.save({ identity, layers: [], distro, packages }),
    distro,
    layers,
    packages,
    namespaces: namespacesOf(distro, packages, extensions),
    claimedNamespaces: claimedNamespacesOf(packages),
    evidence: { found: [], cut: [] },
    claimedUnread: unread,
    // Matching computes the version order again.
    statuses: statuses.filter(({ extension }) => extension !== versionOrder),
  };
}

/** Returns the files of language packages that the distribution owns, as the inventory of an image states them. */
function distributionFilesOf({ packages }: Inventory, distro: Distro | null): DistributionFiles {
  const owners = new Map(
    packages.flatMap(({ location, owner }) => (owner === undefined ? [] : [[location.path, owner] as const])),
  );
  return new DistributionFiles({
    distro,
    packages: packages.filter(({ evidence }) => evidence === undefined),
    ownerOf: (path) => owners.get(path),
  });
}
