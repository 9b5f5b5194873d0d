import { advisoryNamespaceOf, type Namespace } from '../model/namespace.ts';
import type { ListedPackage, SourcePackage } from '../model/package.ts';
import { packageName } from '../model/package-name.ts';

/** Where and under which name and version advisories speak of an installed package. */
export interface Lookup extends SourcePackage {
  readonly namespace: Namespace;
  /** Version of its source package, where rows may speak of that besides: see `speaksOfSource`. */
  readonly sourceVersion?: string;
}

/** Package types whose advisories speak of source packages. Alpine's call the source package "origin". */
const typesBySource: ReadonlySet<string> = new Set(['deb', 'apk']);

/** The rpm distributions whose advisories do so; those of all others name the binary package. */
const distributionsBySource = /^(?:mariner|azurelinux|photon):/;

/** How to look up a package of a namespace; undefined where advisories speak of its source package and nobody knows that. */
export function lookupOf(listed: ListedPackage, namespace: Namespace): Lookup | undefined {
  const { type, name, version, source } = listed;
  const where = advisoryNamespaceOf(namespace);
  if (typesBySource.has(type)) return source && { namespace: where, ...source };
  if (type !== 'rpm') return { namespace: where, name: packageName(where.name, name), version };
  if (source === undefined) return { namespace: where, name, version };
  const sourceVersion = withEpochOf(version, source.version);
  return distributionsBySource.test(where.name)
    ? { namespace: where, name: source.name, version: sourceVersion, sourceVersion }
    : { namespace: where, name, version, sourceVersion };
}

/** The version of a source rpm: its file name leaves the epoch out, and the packages built from it mostly share it. */
export function withEpochOf(version: string, sourceVersion: string): string {
  return `${/^\d+:/.exec(version)?.[0] ?? ''}${sourceVersion}`;
}
