import { type Lookup, lookupOf } from '../match/lookup.ts';
import type { Distro } from '../model/distro.ts';
import { ecosystemOfType, type Namespace, namespaceOf } from '../model/namespace.ts';
import { compareText } from '../model/order.ts';
import type { Package } from '../model/package.ts';
import type { Extensions } from '../plugin/extensions.ts';
import { isKey, type VersionKey } from '../plugin/version-scheme.ts';
import type { ImagePackage } from '../store/store.ts';

type Known = Pick<Extensions, 'listers' | 'schemes'>;

/** A package of an image with what advisories speak of it by. */
export function withLookup(found: Package, distro: Distro | null, extensions: Known): ImagePackage {
  const namespace = namespaceFor(found, distro, extensions);
  const lookup = namespace && lookupOf(found, namespace);
  return { ...found, lookup: lookup === undefined ? null : keyed(lookup, extensions) };
}

/** The namespaces of packages, by their own names. */
export function namespacesOf(
  distro: Distro | null,
  packages: readonly Package[],
  extensions: Known,
): Namespace[] {
  const kinds = new Map(packages.map((found) => [`${found.type}\n${found.foundBy}`, found]));
  const namespaces = [...kinds.values()].map((found) => namespaceFor(found, distro, extensions));
  const byName = new Map(namespaces.flatMap((namespace) => (namespace ? [[namespace.name, namespace]] : [])));
  return [...byName.values()].sort((a, b) => compareText(a.name, b.name));
}

/** Where versions of what a lister lists mean something, if not in the distribution. */
export function ecosystemOf(name: string, { listers }: Pick<Known, 'listers'>): Namespace | undefined {
  return listers.find((lister) => lister.name === name)?.ecosystem;
}

/** What an inventory lists was perhaps found by somebody who is not here: then the type tells the ecosystem. */
function namespaceFor(
  { type, foundBy }: Pick<Package, 'type' | 'foundBy'>,
  distro: Distro | null,
  extensions: Known,
): Namespace | undefined {
  const isHere = extensions.listers.some(({ name }) => name === foundBy);
  const ecosystem = isHere ? ecosystemOf(foundBy, extensions) : ecosystemOfType(type);
  return ecosystem ?? (distro === null ? undefined : namespaceOf(distro, type));
}

function keyed(
  { namespace, name, version, sourceVersion }: Lookup,
  { schemes }: Pick<Known, 'schemes'>,
): ImagePackage['lookup'] {
  const scheme = schemes.find((known) => known.name === namespace.versionScheme);
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
