import { advisoryNamespaceOf, type Namespace, namespaceOfDistro } from '../../model/namespace.ts';
import type { ImagePackage } from '../../store/image-store.ts';
import type { NamedLayer } from '../../store/named-layer-store.ts';
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

/** Dependencies of `viewChain`. */
export interface LayerViewDeps extends AssessmentDeps {
  readonly store: AssessmentDeps['store'] & Pick<Store, 'namedLayers'>;
}

/** A layer with those below it, from the base up. */
export interface LayerChain {
  readonly layers: readonly NamedLayer[];
  readonly top: NamedLayer;
  /** A text that differs for each content that was read for the layers. */
  readonly revision: string;
}

/** Returns a layer by its name, with those below it. Undefined if the name is unknown. */
export async function findLayerChain(
  name: string,
  { store }: Pick<LayerViewDeps, 'store'>,
): Promise<LayerChain | undefined> {
  const layers = await store.namedLayers.findChain(name);
  const top = layers.at(-1);
  if (top === undefined) return undefined;
  const revision = layers.map(({ number, image, engineVersion }) => `${number} ${image} ${engineVersion}`);
  return { layers, top, revision: revision.join(', ') };
}

/** Returns the content of a layer. */
export async function viewChain(
  { layers: chain, top: { name, parent, image: number } }: LayerChain,
  detail: LayerDetail,
  deps: LayerViewDeps,
): Promise<LayerView> {
  const image = await deps.store.images.findByNumber(number);
  const own = image.distro === null ? undefined : namespaceOfDistro(image.distro);
  const view = { name, parent, namespace: own === undefined ? null : advisoryNamespaceOf(own) };
  if (detail === 'none') return view;
  const found =
    detail === 'packages' ? undefined : await findPackageVulnerabilities(number, image.packages, deps);
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
