import type { ListedPackage, SourcePackage } from '../model/package.ts';

/** Package types whose advisories speak of source packages. Alpine's call the source package "origin". */
const bySource: ReadonlySet<string> = new Set(['deb', 'apk']);

/** The name and version by which advisories speak of a package; those of rpm distributions name the binary package. */
export function lookupOf({ type, name, version, source }: ListedPackage): SourcePackage {
  return source !== undefined && bySource.has(type) ? source : { name, version };
}
