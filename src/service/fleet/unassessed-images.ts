import { versionSchemeOf } from '../../model/namespace.ts';
import type { ImageFindings } from '../../store/finding-index-store.ts';
import { type CoverageDeps, coverageOfNamespaces } from '../findings/coverage.ts';

/**
 * Returns for each of these images why it is known not to be assessed completely, for people. An empty list does not mean that it is: only a
 * report looks for packages that are not listed. Undefined for an image that is not counted. Reads the state of each namespace once.
 */
export async function unassessedReasons(
  images: readonly (ImageFindings | null)[],
  deps: CoverageDeps,
): Promise<readonly (readonly string[] | undefined)[]> {
  const names = [...new Set(images.flatMap((image) => image?.namespaces ?? []))];
  const namespaces = names.map((name) => ({ name, versionScheme: versionSchemeOf(name) ?? '' }));
  const gaps = new Map<string, string>();
  for (const { namespace, status, reason, isOutOfSupport } of await coverageOfNamespaces(namespaces, deps))
    if (status === 'missing' || status === 'unsupported' || isOutOfSupport)
      gaps.set(namespace, reason ?? `the advisories of ${namespace} are ${status}`);
  return images.map((image) => image?.namespaces && reasonsOf(image, gaps));
}

function reasonsOf({ namespaces, unread }: ImageFindings, gaps: ReadonlyMap<string, string>): string[] {
  return [
    ...(namespaces.length === 0 ? ['no package has a namespace for which advisories are published'] : []),
    ...namespaces.flatMap((name) => gaps.get(name) ?? []),
    ...unread.map(({ path, message }) => `${path} could not be read: ${message}`),
  ];
}
