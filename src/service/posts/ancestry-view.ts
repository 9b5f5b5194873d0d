import type { Extensions } from '../../plugin/extensions.ts';
import type { ImagePackage, Store } from '../../store/store.ts';
import type { AssessmentRoom } from '../findings/assess-packages.ts';
import {
  type FoundVulnerability,
  findVulnerabilities,
  hasVersion,
} from '../findings/found-vulnerabilities.ts';
import { isOfDistribution } from '../images/look-up.ts';
import { introducingLayer } from './introducing-layer.ts';

/** An installed package and what is wrong with it. */
export interface AncestryPackage {
  readonly package: ImagePackage;
  /** Whether it belongs to the distribution, which a detector told. */
  readonly isOfDistribution: boolean;
  readonly vulnerabilities: readonly FoundVulnerability[];
}

/** An image by the name its client gave it. */
export interface AncestryView {
  readonly name: string;
  /** The namespace detector that told the distribution, where that is known. */
  readonly detector?: string;
  /** From the base up, each with the packages that it brought. */
  readonly layers: readonly { readonly hash: string; readonly packages: readonly AncestryPackage[] }[];
}

/** What looking at an ancestry needs. */
export interface AncestryViewRoom extends AssessmentRoom {
  readonly extensions: AssessmentRoom['extensions'] & Pick<Extensions, 'listers'>;
  readonly store: AssessmentRoom['store'] & Pick<Store, 'ancestries'>;
}

/** What is known of an ancestry; undefined where there is none of that name. */
export async function viewAncestry(name: string, room: AncestryViewRoom): Promise<AncestryView | undefined> {
  const ancestry = await room.store.ancestries.find(name);
  if (ancestry === undefined) return undefined;
  const image = await room.store.images.read(ancestry.image);
  const found = await findVulnerabilities(ancestry.image, image.packages, room);
  const placed = image.packages
    .map((item, position) => ({
      package: item,
      isOfDistribution: isOfDistribution(item, room.extensions),
      vulnerabilities: found.get(position) ?? [],
    }))
    .filter((one) => hasVersion(one.package, room.extensions));
  const byLayer = Map.groupBy(placed, (one) => introducingLayer(one.package, image));
  return {
    name,
    ...(image.detector !== undefined && { detector: image.detector }),
    layers: ancestry.hashes.map((hash, i) => ({ hash, packages: byLayer.get(i) ?? [] })),
  };
}
