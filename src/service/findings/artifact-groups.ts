import type { ImagePackage, PackageLookup, StoredMatch } from '../../store/image-store.ts';
import type { AsOf } from '../../store/page.ts';
import type { Store } from '../../store/store.ts';
import { isUngrouped, type UngroupedPackage } from '../images/package-lookup.ts';

type AdvisoryReads = Pick<Store, 'advisories' | 'images'>;

/** The names by which the advisories know artifacts, by artifact id: `group:artifact`. */
export type ArtifactNames = ReadonlyMap<string, readonly string[]>;

/** Returns the names by which the advisories of their namespace know the artifacts of packages. */
export async function findArtifactNames(
  packages: readonly UngroupedPackage[],
  { store, asOf }: AsOf & { readonly store: Pick<AdvisoryReads, 'advisories'> },
): Promise<ArtifactNames> {
  const found = new Map<string, readonly string[]>();
  const byNamespace = Map.groupBy(packages, ({ lookup }) => lookup.namespace.name);
  for (const [namespace, same] of byNamespace) {
    const artifacts = [...new Set(same.map(({ lookup }) => lookup.name))];
    const ends = artifacts.map((artifact) => `:${artifact}`);
    const names = await store.advisories.findNamesEnding(namespace, ends, { asOf });
    const byArtifact = Map.groupBy(new Set(names.map(({ name }) => name)), artifactOf);
    for (const artifact of artifacts) found.set(artifact, byArtifact.get(artifact) ?? []);
  }
  return found;
}

/** Returns the artifact id of a name. A name has one colon. */
function artifactOf(name: string): string {
  return name.slice(name.lastIndexOf(':') + 1);
}

/** Returns the lookup of an artifact under the only name that advisories know. Undefined if they know none or several. */
export function lookupByArtifact(
  { lookup }: Pick<UngroupedPackage, 'lookup'>,
  known: ArtifactNames,
): PackageLookup | undefined {
  const [name, ...others] = known.get(lookup.name) ?? [];
  return name === undefined || others.length > 0 ? undefined : { ...lookup, name };
}

/**
 * Returns the rows that match packages of unknown groups, at these positions. A package matches if the advisories know its artifact id in
 * one group only.
 */
export async function findMatchesByArtifact(
  packages: readonly ImagePackage[],
  positions: readonly number[],
  deps: AsOf & { readonly store: AdvisoryReads },
): Promise<StoredMatch[]> {
  const ungrouped = positions.flatMap((position) => {
    const item = packages[position];
    return item !== undefined && isUngrouped(item) ? [{ position, item }] : [];
  });
  if (ungrouped.length === 0) return [];
  const known = await findArtifactNames(
    ungrouped.map(({ item }) => item),
    deps,
  );
  const resolved = ungrouped.flatMap(({ position, item }) => {
    const lookup = lookupByArtifact(item, known);
    return lookup === undefined ? [] : [{ position, lookup }];
  });
  const lookups = resolved.map(({ lookup }) => lookup);
  const matches = await deps.store.images.findMatchesOf(lookups, { asOf: deps.asOf });
  return matches.flatMap((match) => {
    const position = resolved[match.package]?.position;
    return position === undefined ? [] : [{ ...match, package: position }];
  });
}
