import type { Extensions } from '../../plugin/extensions.ts';
import type { ImagePackage } from '../../store/image-store.ts';
import type { Store } from '../../store/store.ts';
import type { AssessmentDeps } from '../findings/assess-packages.ts';
import {
  findPackageVulnerabilities,
  hasValidVersion,
  type PackageVulnerability,
} from '../findings/package-vulnerabilities.ts';
import { isOfDistribution } from '../images/package-lookup.ts';
import { introducingLayer } from './layers-below.ts';

/** An installed package and its vulnerabilities. */
export interface AncestryPackage {
  readonly package: ImagePackage;
  /** Whether it belongs to the distribution that a detector found. */
  readonly isOfDistribution: boolean;
  readonly vulnerabilities: readonly PackageVulnerability[];
}

/** An image under the name that its client gave it. */
export interface AncestryView {
  readonly name: string;
  /** Namespace detector that found the distribution, if known. */
  readonly detector?: string;
  /** From the base up, each with the packages that it introduced. */
  readonly layers: readonly { readonly hash: string; readonly packages: readonly AncestryPackage[] }[];
}

/** Dependencies of `viewAncestry`. */
export interface AncestryViewDeps extends AssessmentDeps {
  readonly extensions: AssessmentDeps['extensions'] & Pick<Extensions, 'listers'>;
  readonly store: AssessmentDeps['store'] & Pick<Store, 'ancestries'>;
}

/** Returns an ancestry. Undefined if the name is unknown. */
export async function viewAncestry(name: string, deps: AncestryViewDeps): Promise<AncestryView | undefined> {
  const ancestry = await deps.store.ancestries.find(name);
  if (ancestry === undefined) return undefined;
  const image = await deps.store.images.findByNumber(ancestry.image);
  const found = await findPackageVulnerabilities(ancestry.image, image.packages, deps);
  const placed = image.packages
    .map((item, position) => ({
      package: item,
      isOfDistribution: isOfDistribution(item, deps.extensions),
      vulnerabilities: found.get(position) ?? [],
    }))
    .filter((one) => hasValidVersion(one.package, deps.extensions));
  const byLayer = Map.groupBy(placed, (one) => introducingLayer(one.package, image));
  return {
    name,
    ...(image.detector !== undefined && { detector: image.detector }),
    layers: ancestry.hashes.map((hash, i) => ({ hash, packages: byLayer.get(i) ?? [] })),
  };
}
