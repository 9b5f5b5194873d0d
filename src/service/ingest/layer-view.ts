import { advisoryNamespaceOf, type Namespace, namespaceOfDistro } from '../../model/namespace.ts';
import type { ImagePackage } from '../../store/image-store.ts';
import type { Store } from '../../store/store.ts';
import type { AssessmentDeps } from '../findings/assess-packages.ts';
import {
  findPackageVulnerabilities,
  hasValidVersion,
  type PackageVulnerability,
} from '../findings/package-vulnerabilities.ts';
import { introducingLayer } from './layers-below.ts';

/** An installed package, and the layer that introduced it. */
export interface LayerPackage {
  readonly package: ImagePackage;
  readonly addedBy: AddedBy;
  readonly vulnerabilities: readonly PackageVulnerability[];
}

/** A layer of a chain. The lowest has position 0. */
export interface AddedBy {
  readonly position: number;
  readonly name: string;
}

/** A layer with all layers below it. */
export interface LayerView {
  readonly name: string;
  readonly parent: string | null;
  /** Null if no release file names the distribution, or if that distribution is unknown. */
  readonly namespace: Namespace | null;
  /** Absent if `detail` is `none`. */
  readonly packages?: readonly LayerPackage[];
}

/** Amount of detail to return for a layer. */
export type LayerDetail = 'none' | 'packages' | 'vulnerabilities';

/** Dependencies of `viewLayer`. */
export interface LayerViewDeps extends AssessmentDeps {
  readonly store: AssessmentDeps['store'] & Pick<Store, 'namedLayers'>;
}

/** Returns a layer. Undefined if the name is unknown. */
export async function viewLayer(
  name: string,
  detail: LayerDetail,
  deps: LayerViewDeps,
): Promise<LayerView | undefined> {
  const chain = await deps.store.namedLayers.findChain(name);
  const layer = chain.at(-1);
  if (layer === undefined) return undefined;
  const image = await deps.store.images.findByNumber(layer.image);
  const own = image.distro === null ? undefined : namespaceOfDistro(image.distro);
  const view = { name, parent: layer.parent, namespace: own === undefined ? null : advisoryNamespaceOf(own) };
  if (detail === 'none') return view;
  const found =
    detail === 'packages' ? undefined : await findPackageVulnerabilities(layer.image, image.packages, deps);
  const addedBy = (item: ImagePackage): AddedBy => {
    const position = introducingLayer(item, image);
    return { position, name: chain[position]?.name ?? name };
  };
  return {
    ...view,
    packages: image.packages
      .map((item, position) => ({
        package: item,
        addedBy: addedBy(item),
        vulnerabilities: found?.get(position) ?? [],
      }))
      .filter((one) => hasValidVersion(one.package, deps.extensions)),
  };
}
