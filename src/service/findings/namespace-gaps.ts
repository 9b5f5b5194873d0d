import { versionSchemeOf } from '../../model/namespace.ts';
import type { UnassessedCode, UnassessedReason } from '../../model/unassessed-images.ts';
import { type CoverageDeps, coverageOfNamespaces, type DatedCoverage } from './coverage.ts';

/** The reason for images without any namespace. */
export const withoutNamespace = 'no package has a namespace for which advisories are published';

/** Why advisories of a namespace are missing, or are no longer written. */
export type NamespaceGap = Pick<UnassessedReason, 'code' | 'reason'>;

/** Returns those of these namespaces without complete advisories, each with the reason. Reads the state of each once. */
export async function namespaceGaps(
  names: readonly string[],
  deps: CoverageDeps,
): Promise<ReadonlyMap<string, NamespaceGap>> {
  const namespaces = names.map((name) => ({ name, versionScheme: versionSchemeOf(name) ?? '' }));
  const gaps = new Map<string, NamespaceGap>();
  for (const coverage of await coverageOfNamespaces(namespaces, deps)) {
    const { namespace, status, reason } = coverage;
    const code = gapCodeOf(coverage);
    if (code !== undefined)
      gaps.set(namespace, { code, reason: reason ?? `the advisories of ${namespace} are ${status}` });
  }
  return gaps;
}

function gapCodeOf({ status, isNeverLoaded, isOutOfSupport }: DatedCoverage): UnassessedCode | undefined {
  if (status === 'missing') return isNeverLoaded ? 'never-loaded' : 'missing';
  if (status === 'unsupported') return 'unsupported';
  return isOutOfSupport ? 'out-of-support' : undefined;
}
