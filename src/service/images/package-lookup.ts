import { type Lookup, lookupOf } from '../../match/lookup.ts';
import type { Distro } from '../../model/distro.ts';
import { ecosystemOfType, type Namespace, namespaceOf } from '../../model/namespace.ts';
import { compareText } from '../../model/order.ts';
import type { Package } from '../../model/package.ts';
import { supplierOf } from '../../model/supplier.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import { isKey, type VersionKey } from '../../plugin/version-scheme.ts';
import type { ImagePackage, PackageLookup } from '../../store/image-store.ts';

type LookupExtensions = Pick<Extensions, 'listers' | 'schemes'>;
type Listers = Pick<LookupExtensions, 'listers'>;
type PackageOrigin = Pick<Package, 'type' | 'foundBy' | 'name' | 'version'>;

/** Returns a package with the names and keys by which advisories refer to it. */
export function withLookup(
  found: Package,
  distro: Distro | null,
  extensions: LookupExtensions,
): ImagePackage {
  const namespace = namespaceFor(found, distro, extensions);
  const lookup = namespace && lookupOf(found, namespace);
  return { ...found, lookup: lookup === undefined ? null : withVersionKeys(lookup, extensions) };
}

/** Returns a language package without a lookup, because a package of the distribution owns it and the advisories on that one decide. */
export function withoutLookup(found: Package): ImagePackage {
  return { ...found, lookup: null };
}

/** Whether the advisories of the distribution on the owner of a language package decide, and no others. */
export function isLeftToOwner({ evidence, owner, lookup }: ImagePackage): boolean {
  return lookup === null && owner !== undefined && evidence !== undefined;
}

/** Returns the namespaces of packages, sorted by name. */
export function namespacesOf(
  distro: Distro | null,
  packages: readonly ImagePackage[],
  extensions: LookupExtensions,
): Namespace[] {
  const looked = packages.filter((found) => !isLeftToOwner(found));
  const kinds = new Map(
    looked.map((found) => [`${found.type}\n${found.foundBy}\n${supplierOf(found)?.supplier ?? ''}`, found]),
  );
  const namespaces = [...kinds.values()].map((found) => namespaceFor(found, distro, extensions));
  const byName = new Map(namespaces.flatMap((namespace) => (namespace ? [[namespace.name, namespace]] : [])));
  return [...byName.values()].sort((a, b) => compareText(a.name, b.name));
}

/** Returns the namespace of a lister's packages if they do not belong to the distribution. */
export function ecosystemOf(name: string, { listers }: Listers): Namespace | undefined {
  return listers.find((lister) => lister.name === name)?.ecosystem;
}

/** Whether a package belongs to the distribution and not to an ecosystem of its own. */
export function isOfDistribution(
  found: Pick<PackageOrigin, 'type' | 'foundBy'>,
  extensions: Listers,
): boolean {
  return ecosystemFor(found, extensions) === undefined;
}

function namespaceFor(
  found: PackageOrigin,
  distro: Distro | null,
  extensions: Listers,
): Namespace | undefined {
  const ecosystem = ecosystemFor(found, extensions);
  if (ecosystem !== undefined) return withSupplier(ecosystem, found);
  if (distro === null) return undefined;
  const lister = extensions.listers.find(({ name }) => name === found.foundBy);
  return namespaceOf(distro, found.type, lister?.versionScheme);
}

/** Returns the namespace of a supplier's packages, if one has patched this package: its advisories decide, and not the upstream ones. */
function withSupplier(ecosystem: Namespace, found: PackageOrigin): Namespace {
  const supplied = ecosystem.name === found.type ? supplierOf(found) : undefined;
  return supplied === undefined
    ? ecosystem
    : { ...ecosystem, name: `${supplied.supplier}:${ecosystem.name}` };
}

/** Returns the ecosystem of a package. Decides by its type if its lister is not installed, as can happen with an inventory. */
function ecosystemFor(
  { type, foundBy }: Pick<PackageOrigin, 'type' | 'foundBy'>,
  extensions: Listers,
): Namespace | undefined {
  const isHere = extensions.listers.some(({ name }) => name === foundBy);
  return isHere ? ecosystemOf(foundBy, extensions) : ecosystemOfType(type);
}

function withVersionKeys(
  { namespace, name, version, sourceVersion }: Lookup,
  { schemes }: Pick<LookupExtensions, 'schemes'>,
): PackageLookup | null {
  const scheme = schemes.find((candidate) => candidate.name === namespace.versionScheme);
  const withKey = (text: string): { version: string; key?: VersionKey } => {
    const key = scheme?.key(text);
    return { version: text, ...(key !== undefined && isKey(key) && { key }) };
  };
  return {
    namespace,
    name,
    ...withKey(version),
    ...(sourceVersion !== undefined && { source: withKey(sourceVersion) }),
  };
}
