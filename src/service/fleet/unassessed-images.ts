import type { ImageFindings } from '../../store/finding-index-store.ts';
import type { CoverageDeps } from '../findings/coverage.ts';
import { type NamespaceGap, namespaceGaps, withoutNamespace } from '../findings/namespace-gaps.ts';

/**
 * Returns for each of these images why it is known not to be assessed completely, for people. An empty list does not mean that it is: only a
 * report looks for packages that are not listed. Undefined for an image that is not counted. Reads the state of each namespace once.
 */
export async function unassessedReasons(
  images: readonly (ImageFindings | null)[],
  deps: CoverageDeps,
): Promise<readonly (readonly string[] | undefined)[]> {
  const names = [...new Set(images.flatMap((image) => image?.namespaces ?? []))];
  const gaps = await namespaceGaps(names, deps);
  return images.map((image) => image?.namespaces && reasonsOf(image, gaps));
}

function reasonsOf({ namespaces, unread }: ImageFindings, gaps: ReadonlyMap<string, NamespaceGap>): string[] {
  return [
    ...(namespaces.length === 0 ? [withoutNamespace] : []),
    ...namespaces.flatMap((name) => gaps.get(name)?.reason ?? []),
    ...unread.map(({ path, message }) => `${path} could not be read: ${message}`),
  ];
}
