import type { Selectable } from 'kysely';
import type { Namespace } from '../../model/namespace.ts';
import type { ParentPackage } from '../../model/package.ts';
import type { VersionKey } from '../../plugin/version-scheme.ts';
import type { ImagePackage, PackageLookup } from '../image-store.ts';
import { plainBytes } from './affected-row.ts';
import type { Value } from './bulk-writer.ts';
import type { PartValues } from './part-values.ts';
import type { Tables } from './schema.ts';

/** The columns of a package except its namespace and its identity. */
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
  'found_by',
  'modularity',
  'vendor',
  'licence',
  'owner',
  'evidence',
  'parent',
  'functions',
] as const;

/** Returns the number of a namespace and the values of these columns; undefined for null. */
export function packageValues(item: ImagePackage, namespace: number | null): (Value | undefined)[] {
  const { lookup, source } = item;
  const sourceLookup = source === undefined ? undefined : lookup?.source;
  // Without spreads, because it runs for each package of each saved image.
  return [
    namespace,
    lookup?.name,
    lookup?.version,
    lookup?.key,
    item.type,
    item.name,
    item.version,
    item.arch,
    source?.name,
    source?.version,
    sourceLookup?.version,
    sourceLookup?.key,
    item.purl,
    item.foundBy,
    item.modularity,
    item.vendor,
    item.licence,
    item.owner,
    item.evidence,
    item.parent && JSON.stringify(item.parent),
    item.functions,
  ];
}

/** A package as it is stored. */
export type PackageRow = Pick<Selectable<Tables['package']>, (typeof packageColumns)[number]>;

/** The position of a package in its part, and its namespace. */
export interface PackagePlace {
  readonly position: number;
  readonly namespace: Namespace | null;
}

/** Restores a package from its row, given the values of its part of an image. */
export function packageFromRow(
  row: PackageRow,
  { layer, layerPosition, repositories, pathAt }: PartValues,
  { position, namespace }: PackagePlace,
): ImagePackage {
  const { source_name: sourceName, source_version: sourceVersion } = row;
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
    location: { path: pathAt(position), layer },
    ...(layerPosition !== undefined && { layerPosition }),
    foundBy: row.found_by,
    ...(repositories !== undefined && { repositories }),
    ...(row.owner !== null && { owner: row.owner }),
    ...containmentOf(row),
    lookup: namespace === null ? null : lookupOf(row, namespace),
  };
}

/** Returns how a package is known, what contains it, and its functions. */
function containmentOf({
  evidence,
  parent,
  functions,
}: PackageRow): Pick<ImagePackage, 'evidence' | 'parent' | 'functions'> {
  // Nearly all rows. An image has thousands of them, so spreads would be slow.
  if (evidence === null && parent === null && functions === null) return {};
  return {
    ...(evidence !== null && { evidence }),
    // The text was written by `packageValues`, so it needs no validation.
    ...(parent !== null && { parent: JSON.parse(parent) as ParentPackage }),
    ...(functions !== null && { functions }),
  };
}

function lookupOf(row: PackageRow, namespace: Namespace): PackageLookup | null {
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
