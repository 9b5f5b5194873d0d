import { omitUndefined } from '../../kit/collections.ts';
import { imagesOf } from '../../model/unassessed-images.ts';
import {
  type FindingFilter,
  type FleetImageFilter,
  type NamespaceGroup,
  noNamespace,
} from '../../store/finding-index-store.ts';
import type { Store } from '../../store/store.ts';
import { KeptValue, type KeptValues } from './kept-value.ts';

/** Images of a list, as last counted. */
export interface ImageTotal {
  readonly images: number;
  /** Those of them whose findings are not counted: they have lost all names, or wait for the next count. */
  readonly uncounted: number;
  /** ISO 8601. */
  readonly countedAt: string;
}

/** Findings of a list in all images, as last counted. */
export interface FindingTotal {
  readonly findings: number;
  /** ISO 8601. */
  readonly countedAt: string;
}

interface KeptGroups {
  readonly countedAt: string;
  /** See `keptGroups`. */
  readonly groups: readonly NamespaceGroup[];
}

const kept = new KeptValue<KeptGroups>('images/by-namespaces');

/** Number of groups that are kept. A fleet with more has no totals. */
const keptGroups = 5000;

/** Keeps the numbers of images, of which lists show their totals. */
export async function updateImageTotals(
  groups: readonly NamespaceGroup[],
  { store }: { readonly store: KeptValues & Pick<Store, 'now'> },
): Promise<void> {
  const value = { countedAt: store.now().toISOString(), groups: groups.slice(0, keptGroups + 1) };
  await kept.keep(store, value);
}

/**
 * Returns the number of images of a list, from the kept numbers. Undefined before the first count, and for filters by anything but namespaces and
 * assessment: only a pass over all images finds it.
 */
export async function findImageTotal(
  { namespace, namespaces, assessment, ...others }: FleetImageFilter,
  store: KeptValues,
): Promise<ImageTotal | undefined> {
  if (Object.keys(omitUndefined(others)).length > 0) return undefined;
  const value = await kept.read(store);
  if (value === undefined || value.groups.length > keptGroups) return undefined;
  const { countedAt, groups } = value;
  const isListed = [namespace, namespaces, assessment].every((one) => one === undefined)
    ? () => true
    : (group: NamespaceGroup) => isInList(group, { namespace, namespaces, assessment });
  const listed = groups.filter(isListed);
  const uncounted = imagesOf(listed.filter((group) => group.namespaces === null));
  return { images: imagesOf(listed), uncounted, countedAt };
}

/** Returns whether lists with conditions have the images of a group, by the rules of `FleetImageFilter`. */
function isInList(
  { namespaces: names, isUnread }: NamespaceGroup,
  { namespace, namespaces, assessment }: FleetImageFilter,
): boolean {
  if (names === null) return false;
  const has = (name: string): boolean => (name === noNamespace ? names.length === 0 : names.includes(name));
  const isGap = isUnread || names.length === 0 || assessment?.gaps.some(has) === true;
  return (
    (namespace === undefined || has(namespace)) &&
    (namespaces === undefined || namespaces.some(has)) &&
    (assessment === undefined || isGap === assessment.hasGap)
  );
}

/** Returns the number of findings of a list in all images. Undefined before the first count, and for filters by names or images. */
export async function findFindingTotal(
  { severity, isFixable, isExploited, ...others }: FindingFilter,
  { findingCounts }: Pick<Store, 'findingCounts'>,
): Promise<FindingTotal | undefined> {
  if (Object.keys(omitUndefined(others)).length > 0) return undefined;
  const totals = await findingCounts.findTotals();
  if (totals === undefined) return undefined;
  const listed = totals.findings.filter(
    (count) =>
      (severity === undefined || count.severity === severity) &&
      (isFixable === undefined || count.isFixable === isFixable) &&
      (isExploited === undefined || (count.exploited === 'yes') === isExploited),
  );
  return { findings: listed.reduce((sum, { findings }) => sum + findings, 0), countedAt: totals.at };
}
