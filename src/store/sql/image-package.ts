import type { Selectable } from 'kysely';
import type { Namespace } from '../../model/namespace.ts';
import type { VersionKey } from '../../plugin/version-scheme.ts';
import type { ImagePackage } from '../image-store.ts';
import { plainBytes } from './affected-row.ts';
import type { Value } from './bulk-writer.ts';
import type { Tables } from './schema.ts';
import { readPackageLayer, type SharedPackageValues } from './shared-values.ts';

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
  'path',
  'found_by',
  'modularity',
  'vendor',
  'licence',
  'owner',
] as const;

/** Returns the values of these columns. */
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
    item.foundBy,
    ...orNull(item.modularity, item.vendor, item.licence, item.owner),
  ];
}

function orNull(...values: (Value | undefined)[]): Value[] {
  return values.map((value) => value ?? null);
}

/** A package as it is stored. */
export type PackageRow = Pick<Selectable<Tables['package']>, (typeof packageColumns)[number]>;

/** The fields of a package that belong to one image. */
export type InstallationRow = Pick<Selectable<Tables['image_package']>, 'layer' | 'repositories'>;

/** Restores a package from its row, given the values that the packages of its image share. */
export function packageFromRow(
  row: PackageRow,
  installation: InstallationRow,
  { namespace, repositories, layers }: SharedPackageValues & { readonly namespace: Namespace | null },
): ImagePackage {
  const { source_name: sourceName, source_version: sourceVersion } = row;
  const from = at(repositories, installation.repositories);
  const { layer, position } = readPackageLayer(at(layers, installation.layer));
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
    location: { path: row.path, layer },
    ...(position !== undefined && { layerPosition: position }),
    foundBy: row.found_by,
    ...(from !== undefined && { repositories: from }),
    ...(row.owner !== null && { owner: row.owner }),
    lookup: namespace === null ? null : lookupOf(row, namespace),
  };
}

function at<T>(values: readonly T[], place: number | null): T | undefined {
  return place === null ? undefined : values[place];
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
