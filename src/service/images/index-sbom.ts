import { sha256Of } from '../../kit/sha256.ts';
import type { Inventory } from '../../model/inventory.ts';
import { comparePackages } from '../../model/order.ts';
import { overrideDistro } from '../../model/parse-distro.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { Store } from '../../store/store.ts';
import { analyzerKey } from './analyze-layers.ts';
import { versionOrder } from './extension-status.ts';
import type { ImageScope } from './image-scope.ts';
import { type IndexedImage, imageIndexIdentity, indexVersion } from './index-image.ts';
import { namespacesOf, withLookup } from './package-lookup.ts';

/** What indexing an inventory needs. */
export interface IndexSbomDeps extends Pick<ImageScope, 'distro'> {
  readonly extensions: Extensions;
  readonly store: Pick<Store, 'images'>;
}

/**
 * Saves what an inventory says is installed, as if its image had been read. Equal inventories are one image, whatever documents
 * they came in.
 */
export async function indexSbom(
  inventory: Inventory,
  { extensions, store, distro: distroOverride }: IndexSbomDeps,
): Promise<IndexedImage> {
  const { layers, statuses, unread = [] } = inventory;
  const distro =
    distroOverride === undefined ? inventory.distro : overrideDistro(distroOverride, inventory.distro);
  const packages = inventory.packages
    .map((found) => withLookup(found, distro, extensions))
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
    evidence: { found: [], cut: [] },
    claimedUnread: unread,
    // How advisories compared is found out anew.
    statuses: statuses.filter(({ extension }) => extension !== versionOrder),
  };
}
