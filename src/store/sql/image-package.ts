import type { Selectable } from 'kysely';
import type { Digest } from '../../model/digest.ts';
import type { Namespace } from '../../model/namespace.ts';
import type { VersionKey } from '../../plugin/version-scheme.ts';
import type { ImagePackage } from '../store.ts';
import { plainBytes } from './affected-row.ts';
import type { Value } from './bulk-writer.ts';
import type { Tables } from './schema.ts';

/** The columns of an installed package, but for where it stands and its namespace. */
export const packageColumns = [
  'lookup_name',
  'lookup_version',
  'key',
  'type',
  'name',
  'version',
  'arch',
  'source_name',
  'source_version',
  'source_lookup_version',
  'source_key',
  'purl',
  'path',
  'layer',
  'found_by',
  'modularity',
  'vendor',
  'licence',
  'owner',
] as const;

/** The values of these columns. */
export function packageValues(item: ImagePackage): Value[] {
  const { lookup, source } = item;
  return [
    ...orNull(lookup?.name, lookup?.version, lookup?.key),
    item.type,
    item.name,
    item.version,
    ...orNull(item.arch, source?.name, source?.version),
    ...(source === undefined ? [null, null] : orNull(lookup?.source?.version, lookup?.source?.key)),
    item.purl,
    item.location.path,
    item.location.layer,
    item.foundBy,
    ...orNull(item.modularity, item.vendor, item.licence, item.owner),
  ];
}

function orNull(...values: (Value | undefined)[]): Value[] {
  return values.map((value) => value ?? null);
}

type PackageRow = Pick<Selectable<Tables['image_package']>, (typeof packageColumns)[number] | 'repositories'>;

/** A package as it was saved; `repositories` are the lists of its image. */
export function toPackage(
  row: PackageRow,
  { namespace, repositories }: { namespace: Namespace | null; repositories: readonly (readonly string[])[] },
): ImagePackage {
  const { source_name: sourceName, source_version: sourceVersion } = row;
  const from = row.repositories === null ? undefined : repositories[row.repositories];
  return {
    type: row.type,
    name: row.name,
    version: row.version,
    ...(row.arch !== null && { arch: row.arch }),
    ...(sourceName !== null &&
      sourceVersion !== null && { source: { name: sourceName, version: sourceVersion } }),
    ...(row.modularity !== null && { modularity: row.modularity }),
    ...(row.vendor !== null && { vendor: row.vendor }),
    ...(row.licence !== null && { licence: row.licence }),
    purl: row.purl,
    // What was a digest when it was written is one now.
    location: { path: row.path, layer: row.layer as Digest | null },
    foundBy: row.found_by,
    ...(from !== undefined && { repositories: from }),
    ...(row.owner !== null && { owner: row.owner }),
    lookup: namespace === null ? null : lookupOf(row, namespace),
  };
}

function lookupOf(row: PackageRow, namespace: Namespace): ImagePackage['lookup'] {
  const { lookup_name: name, lookup_version: version, source_lookup_version: sourceVersion } = row;
  if (name === null || version === null) return null;
  return {
    namespace,
    name,
    ...compared(version, row.key),
    ...(sourceVersion !== null && { source: compared(sourceVersion, row.source_key) }),
  };
}

function compared(version: string, key: Uint8Array | null): { version: string; key?: VersionKey } {
  return { version, ...(key !== null && { key: plainBytes(key) as VersionKey }) };
}
