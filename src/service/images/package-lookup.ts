import { lookupOf } from '../../match/lookup.ts';
import type { Distro } from '../../model/distro.ts';
import { ecosystemOfType, type Namespace, namespaceOf, namespaceOfProduct } from '../../model/namespace.ts';
import { compareText } from '../../model/order.ts';
import type { ListedPackage, Package } from '../../model/package.ts';
import { supplierOf } from '../../model/supplier.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import { isKey, type VersionKey, type VersionScheme } from '../../plugin/version-scheme.ts';
import type { ImagePackage, PackageLookup } from '../../store/image-store.ts';

type LookupExtensions = Pick<Extensions, 'listers' | 'schemes'>;
type Listers = Pick<LookupExtensions, 'listers'>;
type FoundPackage = Pick<Package, 'type' | 'foundBy' | 'name' | 'version'>;

/** The namespace of packages of one kind. */
interface KindNamespace {
  readonly namespace: Namespace | undefined;
  /** Whether a supplier may have patched packages of this kind. */
  readonly isOfEcosystem: boolean;
}

/** Finds the names and keys by which advisories refer to the packages of an image. Remembers what packages of one kind share. */
export class PackageLookups {
  readonly #distro: Distro | null;
  readonly #extensions: LookupExtensions;
  readonly #schemes: ReadonlyMap<string, VersionScheme>;
  /** By lister and type. */
  readonly #kinds = new Map<string, KindNamespace>();
  readonly #keys = new VersionKeys();

  constructor(distro: Distro | null, extensions: LookupExtensions) {
    this.#distro = distro;
    this.#extensions = extensions;
    this.#schemes = new Map(extensions.schemes.map((scheme) => [scheme.name, scheme]));
  }

  /** Returns the lookup of a package. Null if no namespace covers it, or if its source is not from the registry. */
  find(found: ListedPackage & FoundPackage): PackageLookup | null {
    const namespace = found.origin === undefined ? this.namespaceOf(found) : undefined;
    const lookup = namespace && lookupOf(found, namespace);
    if (lookup === undefined) return null;
    const scheme = this.#schemes.get(lookup.namespace.versionScheme);
    const { sourceVersion } = lookup;
    return {
      namespace: lookup.namespace,
      name: lookup.name,
      ...this.#keys.withKey(lookup.version, scheme),
      ...(sourceVersion !== undefined && { source: this.#keys.withKey(sourceVersion, scheme) }),
    };
  }

  /** Returns the namespace of a package. Undefined if no namespace covers it. */
  namespaceOf(found: FoundPackage): Namespace | undefined {
    const ofProduct = found.type === 'generic' ? namespaceOfProduct(found.name) : undefined;
    if (ofProduct !== undefined) return ofProduct;
    const { namespace, isOfEcosystem } = this.#kindOf(found);
    return namespace !== undefined && isOfEcosystem ? withSupplier(namespace, found) : namespace;
  }

  #kindOf({ type, foundBy }: FoundPackage): KindNamespace {
    const key = `${foundBy}\n${type}`;
    const known = this.#kinds.get(key);
    if (known !== undefined) return known;
    const ecosystem = ecosystemFor({ type, foundBy }, this.#extensions);
    const kind = {
      namespace: ecosystem ?? this.#ofDistribution({ type, foundBy }),
      isOfEcosystem: ecosystem !== undefined,
    };
    this.#kinds.set(key, kind);
    return kind;
  }

  #ofDistribution({ type, foundBy }: Pick<FoundPackage, 'type' | 'foundBy'>): Namespace | undefined {
    const lister = this.#extensions.listers.find(({ name }) => name === foundBy);
    return this.#distro === null ? undefined : namespaceOf(this.#distro, type, lister?.versionScheme);
  }
}

/** Returns a language package without a lookup, because a package of the distribution owns it and the advisories on that one decide. */
export function withoutLookup(found: Package): ImagePackage {
  return { ...found, lookup: null };
}

/** Whether the advisories of the distribution on the owner of a language package decide, and no others. */
export function isLeftToOwner({ evidence, owner, lookup }: ImagePackage): boolean {
  return lookup === null && owner !== undefined && evidence !== undefined;
}

/** Whether a package is not matched: the advisories on its owner decide, or its source is not from the registry of its type. */
export function isUnmatched(item: ImagePackage): boolean {
  return isLeftToOwner(item) || (item.lookup === null && item.origin !== undefined);
}

/** A package of an unknown group that belongs to a namespace. */
export type UngroupedPackage = ImagePackage & { readonly lookup: PackageLookup };

/** Whether the group of a package is unknown, so that advisories may know it by its artifact id only. */
export function isUngrouped(item: ImagePackage): item is UngroupedPackage {
  return item.evidence === 'artifact-id' && item.lookup !== null;
}

/** Returns the positions of the packages of unknown groups. */
export function positionsOfUngrouped(packages: readonly ImagePackage[]): number[] {
  return packages.flatMap((item, position) => (isUngrouped(item) ? [position] : []));
}

/** Returns the namespaces of packages, sorted by name. */
export function namespacesOf(
  distro: Distro | null,
  packages: readonly ImagePackage[],
  extensions: LookupExtensions,
): Namespace[] {
  const lookups = new PackageLookups(distro, extensions);
  const byName = new Map<string, Namespace>();
  for (const found of packages) {
    const namespace = isUnmatched(found) ? undefined : lookups.namespaceOf(found);
    if (namespace !== undefined) byName.set(namespace.name, namespace);
  }
  return [...byName.values()].sort((a, b) => compareText(a.name, b.name));
}

/** Returns the names of the namespaces of advisories that only claims of documents need, sorted. Whether they have advisories decides nothing. */
export function claimedNamespacesOf(packages: readonly ImagePackage[]): string[] {
  const claimed = new Set<string>();
  const proven = new Set<string>();
  for (const { lookup, evidence } of packages)
    if (lookup !== null) (evidence === 'claimed-sbom' ? claimed : proven).add(lookup.namespace.name);
  return [...claimed].filter((name) => !proven.has(name)).sort(compareText);
}

/** Returns the namespace of a lister's packages if they do not belong to the distribution. */
export function ecosystemOf(name: string, { listers }: Listers): Namespace | undefined {
  return listers.find((lister) => lister.name === name)?.ecosystem;
}

/** Whether a package belongs to the distribution and not to an ecosystem of its own. */
export function isOfDistribution(
  found: Pick<FoundPackage, 'type' | 'foundBy'>,
  extensions: Listers,
): boolean {
  return ecosystemFor(found, extensions) === undefined;
}

/** Returns the namespace of a supplier's packages, if one has patched this package: its advisories decide, and not the upstream ones. */
function withSupplier(ecosystem: Namespace, found: FoundPackage): Namespace {
  const supplied = ecosystem.name === found.type ? supplierOf(found) : undefined;
  return supplied === undefined
    ? ecosystem
    : { ...ecosystem, name: `${supplied.supplier}:${ecosystem.name}` };
}

/** Returns the ecosystem of a package. Decides by its type if its lister is not installed, as can happen with an inventory. */
function ecosystemFor(
  { type, foundBy }: Pick<FoundPackage, 'type' | 'foundBy'>,
  extensions: Listers,
): Namespace | undefined {
  const isHere = extensions.listers.some(({ name }) => name === foundBy);
  return isHere ? ecosystemOf(foundBy, extensions) : ecosystemOfType(type);
}

/** A version with its key. Without the key if its scheme has none for it. */
interface KeyedVersion {
  readonly version: string;
  readonly key?: VersionKey;
}

/** Number of versions whose keys are remembered. */
const versionsMax = 1000;

/** The keys of versions. Packages of one version share a key: keys take more memory than versions. */
class VersionKeys {
  readonly #known = new Map<string, KeyedVersion>();

  /** Returns a version with its key in a scheme. */
  withKey(version: string, scheme: VersionScheme | undefined): KeyedVersion {
    if (scheme === undefined) return { version };
    const text = `${scheme.name} ${version}`;
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const key = scheme.key(version);
    const keyed = isKey(key) ? { version, key } : { version };
    if (this.#known.size === versionsMax) this.#known.clear();
    this.#known.set(text, keyed);
    return keyed;
  }
}
