import type { Digest } from '../model/digest.ts';
import type { Location, ReportedPackage } from '../model/package.ts';
import type { Match, Report, ReportBase, ReportLayer } from '../model/report.ts';

/** A base image by its layers, the lowest first. */
export interface BaseImage extends Omit<ReportBase, 'layers'> {
  readonly diffIds: readonly Digest[];
}

/**
 * Returns whether the layers of a base image are the lowest ones of an image that has more. An image without layers is the base of none.
 */
export function isBaseOf(
  { diffIds }: Pick<BaseImage, 'diffIds'>,
  { layers }: { readonly layers: readonly Pick<ReportLayer, 'diffId'>[] },
): boolean {
  return (
    diffIds.length > 0 &&
    diffIds.length < layers.length &&
    diffIds.every((diffId, i) => layers[i]?.diffId === diffId)
  );
}

/**
 * Separates the findings of the base image from the image's own: marks the packages of findings that only the base has. A package with a
 * copy in a layer above is the image's own, because another base would leave it there.
 */
export function withBase(report: Report, { diffIds, ...base }: BaseImage): Report {
  const ofBase = new Set<string>(diffIds);
  const places = placesByPackage(report);
  const isOfBase = (item: ReportedPackage): boolean =>
    (places.get(keyOf(item)) ?? [item.location]).every(({ layer }) => layer !== null && ofBase.has(layer));
  const mark = <T extends Match>(match: T): T =>
    isOfBase(match.package) ? { ...match, package: { ...match.package, fromBase: true as const } } : match;
  return {
    ...report,
    base: { ...base, layers: diffIds.length },
    matches: report.matches.map(mark),
    suppressed: report.suppressed.map(mark),
  };
}

/** Returns all locations of the packages that have several. */
function placesByPackage({ packages }: Report): ReadonlyMap<string, readonly Location[]> {
  return new Map(
    packages.flatMap((item) => (item.locations === undefined ? [] : [[keyOf(item), item.locations]])),
  );
}

function keyOf({ purl, location }: Pick<ReportedPackage, 'purl' | 'location'>): string {
  return `${purl}\n${location.path}`;
}
