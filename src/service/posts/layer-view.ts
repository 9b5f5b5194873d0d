import { advisoryNamespaceOf, type Namespace, namespaceOfDistro } from '../../model/namespace.ts';
import type { ImagePackage, NamedLayer, Store } from '../../store/store.ts';
import type { AssessmentRoom } from '../findings/assess-packages.ts';
import {
  type FoundVulnerability,
  findVulnerabilities,
  hasVersion,
} from '../findings/found-vulnerabilities.ts';

/** An installed package, and the name of the layer that brought it. */
export interface LayerPackage {
  readonly package: ImagePackage;
  readonly addedBy: string;
  readonly vulnerabilities: readonly FoundVulnerability[];
}

/** A layer by its name, with all below it. */
export interface LayerView {
  readonly name: string;
  readonly parent: string | null;
  /** Null where no release file says what distribution it is, or one that nobody knows. */
  readonly namespace: Namespace | null;
  /** Present where it was asked for. */
  readonly packages?: readonly LayerPackage[];
}

/** How much is to be told of a layer. */
export type LayerDetail = 'none' | 'packages' | 'vulnerabilities';

/** What looking at a layer needs. */
export interface LayerViewRoom extends AssessmentRoom {
  readonly store: AssessmentRoom['store'] & Pick<Store, 'namedLayers'>;
}

/** What is known of a layer; undefined where there is none of that name. */
export async function viewLayer(
  name: string,
  detail: LayerDetail,
  room: LayerViewRoom,
): Promise<LayerView | undefined> {
  const chain = await room.store.namedLayers.chain(name);
  const layer = chain.at(-1);
  if (layer === undefined) return undefined;
  const image = await room.store.images.read(layer.image);
  const own = image.distro === null ? undefined : namespaceOfDistro(image.distro);
  const view = { name, parent: layer.parent, namespace: own === undefined ? null : advisoryNamespaceOf(own) };
  if (detail === 'none') return view;
  const found =
    detail === 'packages' ? undefined : await findVulnerabilities(layer.image, image.packages, room);
  const broughtBy = namesByLayer(chain, image.layers);
  return {
    ...view,
    packages: image.packages
      .map((item, position) => ({
        package: item,
        addedBy: broughtBy.get(item.location.layer ?? '') ?? name,
        vulnerabilities: found?.get(position) ?? [],
      }))
      .filter((one) => hasVersion(one.package, room.extensions)),
  };
}

/** Posted layers are known by their diffIDs; of equal layers in one chain the lowest counts. */
function namesByLayer(chain: readonly NamedLayer[], layers: readonly string[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const [i, diffId] of layers.entries()) if (!names.has(diffId)) names.set(diffId, chain[i]?.name ?? '');
  return names;
}
