import { versionSchemeOf } from '../../model/namespace.ts';
import { type CoverageDeps, coverageOfNamespaces } from './coverage.ts';

/** The reason for images without any namespace. */
export const withoutNamespace = 'no package has a namespace for which advisories are published';

/** Returns those of these namespaces without complete advisories, each with the reason for people. Reads the state of each once. */
export async function namespaceGaps(
  names: readonly string[],
  deps: CoverageDeps,
): Promise<ReadonlyMap<string, string>> {
  const namespaces = names.map((name) => ({ name, versionScheme: versionSchemeOf(name) ?? '' }));
  const gaps = new Map<string, string>();
  for (const { namespace, status, reason, isOutOfSupport } of await coverageOfNamespaces(namespaces, deps))
    if (status === 'missing' || status === 'unsupported' || isOutOfSupport)
      gaps.set(namespace, reason ?? `the advisories of ${namespace} are ${status}`);
  return gaps;
}
