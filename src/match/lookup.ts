import { advisoryNamespaceOf, type Namespace } from '../model/namespace.ts';
import type { ListedPackage, SourcePackage } from '../model/package.ts';
import { packageName, packageVersion } from '../model/package-name.ts';

/** The namespace, name and version by which advisories cover an installed package. */
export interface Lookup extends SourcePackage {
  readonly namespace: Namespace;
  /** Version of its source package, if rows may also refer to that: see `appliesToSourcePackage`. */
  readonly sourceVersion?: string;
}

/** Package types with advisories about source packages. Alpine calls the source package "origin". */
const typesBySource: ReadonlySet<string> = new Set(['deb', 'apk']);

/** The rpm distributions with advisories about source packages. All others name the binary package. */
const distributionsBySource = /^(?:mariner|azurelinux|photon):/;

/**
 * The rpm distributions whose advisories state no epochs. An installed epoch would be above every version of them. Within a release, epochs
 * hardly ever change.
 */
const distributionsWithoutEpochs = /^openeuler:/;

/** Returns the lookup of a package of a namespace. Undefined if advisories name its source package and that is unknown. */
export function lookupOf(listed: ListedPackage, namespace: Namespace): Lookup | undefined {
  const { type, name, source } = listed;
  const where = advisoryNamespaceOf(namespace);
  const version = distributionsWithoutEpochs.test(where.name) ? withoutEpoch(listed.version) : listed.version;
  if (typesBySource.has(type)) return source && { namespace: where, ...source };
  if (type !== 'rpm')
    return {
      namespace: where,
      name: packageName(where.name, name),
      version: packageVersion(where.name, version),
    };
  if (source === undefined) return { namespace: where, name, version };
  const sourceVersion = withEpochOf(version, source.version);
  return distributionsBySource.test(where.name)
    ? { namespace: where, name: source.name, version: sourceVersion, sourceVersion }
    : { namespace: where, name, version, sourceVersion };
}

function withoutEpoch(version: string): string {
  return version.replace(/^\d+:/, '');
}

/** The version of a source rpm. Its file name omits the epoch, which packages built from it usually share. */
export function withEpochOf(version: string, sourceVersion: string): string {
  return `${/^\d+:/.exec(version)?.[0] ?? ''}${sourceVersion}`;
}
