import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Package, PackageLocation } from '../model/package.ts';
import type { Report } from '../model/report.ts';
import { corpus } from './corpus.ts';

/** A package at one path of an image. */
interface ExpectedPackage {
  readonly type: string;
  readonly name: string;
  readonly version: string | null;
  readonly path: string;
  /** Position of the layer. The lowest is 0. */
  readonly layer: number;
  readonly evidence: string;
  /** `npm@8.19.2` */
  readonly parent?: string;
  readonly owner?: string;
  readonly purl: string;
}

/** A package that must not, or may, be reported. A row with a path concerns that path only. */
type ExpectedName = Partial<Omit<ExpectedPackage, 'layer'>>;

/** Content of an image of `corpus/apps`, as its package managers state it. */
export interface ExpectedImage {
  readonly packages: readonly ExpectedPackage[];
  readonly not_assessed: readonly { readonly path: string; readonly why: string }[];
  readonly must_not_report: readonly ExpectedName[];
  readonly may_report: readonly ExpectedName[];
}

/** Returns the names of all images of `corpus/apps`. Empty if there is no corpus. */
export function appImages(): string[] {
  const root = corpus('apps');
  if (!existsSync(root)) return [];
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/** Returns the archive of an image of `corpus/apps`. */
export function appImage(name: string): string {
  return corpus(`apps/${name}/image.tar.zst`);
}

/** Returns the content of an image of `corpus/apps`. */
export function expectedImage(name: string): ExpectedImage {
  return JSON.parse(readFileSync(corpus(`apps/${name}/expected.json`), 'utf8')) as ExpectedImage;
}

/** A package of a report at one of its paths. */
interface ReportedRow extends Omit<PackageLocation, 'layer'> {
  readonly package: Package;
  /** Position of its layer. */
  readonly layer: number;
}

/**
 * Returns the differences between a report and the expected content, for packages of these types. The README of `corpus/apps` has the
 * rules. Empty if the report is right.
 */
export function differencesFrom(
  expected: ExpectedImage,
  report: Pick<Report, 'packages' | 'layers'>,
  types: readonly string[],
): string[] {
  const rows = report.packages
    .filter(({ type }) => types.includes(type))
    .flatMap((found) => rowsOf(found, report));
  const wanted = expected.packages.filter(({ type }) => types.includes(type));
  return [
    ...wanted.flatMap((row) => differenceOf(row, rows)),
    ...rows.filter((row) => !isExpected(row, wanted, expected)).map((row) => `not expected: ${nameOf(row)}`),
    ...rows.filter((row) => isForbidden(row, expected)).map((row) => `must not be reported: ${nameOf(row)}`),
  ];
}

/** Returns the paths that coverage must name, and does not. */
export function unnamedPaths({ not_assessed: paths }: ExpectedImage, { unread = [] }: Report): string[] {
  const named = new Set(unread.flatMap((kind) => kind.paths.map((path) => `/${path}`)));
  return paths.map(({ path }) => path).filter((path) => !named.has(path));
}

/** Findings that another matcher has for the packages of an image, on the same advisories. */
interface PeerFindings {
  readonly findings: readonly {
    readonly ecosystem: string;
    readonly name: string;
    readonly version: string;
    readonly ids: readonly string[];
    readonly aliases: readonly string[];
  }[];
}

/** The types of packages by their ecosystems in OSV. */
const typesOfEcosystems: Readonly<Record<string, string>> = {
  npm: 'npm',
  PyPI: 'pypi',
  Maven: 'maven',
  Go: 'golang',
  RubyGems: 'gem',
  Packagist: 'composer',
  'crates.io': 'cargo',
  NuGet: 'nuget',
  Hex: 'hex',
  CRAN: 'cran',
};

/** Returns the findings of another matcher that a report lacks, for packages of these types. */
export function missingFindings(image: string, report: Report, types: readonly string[]): string[] {
  const text = readFileSync(corpus(`apps/${image}/peers/osv-findings.json`), 'utf8');
  const { findings } = JSON.parse(text) as PeerFindings;
  return findings.flatMap(({ ecosystem, name, version, ids, aliases }) => {
    const type = typesOfEcosystems[ecosystem] ?? ecosystem;
    if (!types.includes(type)) return [];
    const names = new Set([...ids, ...aliases]);
    const isSame = (found: Pick<Package, 'type' | 'name' | 'version'>): boolean =>
      found.type === type &&
      registryName(type, found.name) === registryName(type, name) &&
      plainVersion(found.version) === plainVersion(version);
    // The advisories of the distribution decide about packages that it owns.
    if (report.packages.some((found) => isSame(found) && found.owner !== undefined)) return [];
    const isFound = [...report.matches, ...report.suppressed].some(
      ({ vulnerability, package: found }) =>
        isSame(found) && [vulnerability.id, ...vulnerability.aliases].some((id) => names.has(id)),
    );
    return isFound ? [] : [`${type} ${name} ${version}: ${ids.join(', ')}`];
  });
}

function rowsOf(found: Package, { layers }: Pick<Report, 'layers'>): ReportedRow[] {
  const { location, evidence, parent, owner } = found;
  const only = {
    ...location,
    ...(evidence && { evidence }),
    ...(parent && { parent }),
    ...(owner && { owner }),
  };
  return (found.locations ?? [only]).map((place) => ({
    ...place,
    package: found,
    layer: layers.findIndex(({ diffId }) => diffId === place.layer),
  }));
}

/** Evidence that may be left out, and must be stated if it is not. */
const optionalEvidence: readonly string[] = ['dormant', 'stale'];

function differenceOf(row: ExpectedPackage, rows: readonly ReportedRow[]): string[] {
  const text = `${row.type} ${row.name} ${row.version ?? ''} at ${row.path}`;
  const found = rows.find((one) => isNamed(one, row) && `/${one.path}` === row.path);
  if (found === undefined)
    return row.version === null || row.owner !== undefined || optionalEvidence.includes(row.evidence)
      ? []
      : [`missing: ${text}`];
  const parent = found.parent && [found.parent.name, found.parent.version].filter(Boolean).join('@');
  const values = [
    ['evidence', found.evidence, row.evidence],
    ['parent', parent, row.parent],
    ['owner', found.owner, row.owner?.replace(/@.*/, '')],
    ['layer', found.layer, row.layer],
    ['purl', found.package.purl, row.purl],
  ] as const;
  return values.flatMap(([name, actual, right]) =>
    actual === right ? [] : [`${text}: ${name} ${actual}, expected ${right}`],
  );
}

function isExpected(
  row: ReportedRow,
  wanted: readonly ExpectedPackage[],
  { may_report: allowed, not_assessed: programs }: ExpectedImage,
): boolean {
  const isAllowed =
    allowed.some((one) => isNamed(row, one) && isAt(row, one)) ||
    programs.some((one) => isAt(row, one) && isTextOf(row, one.why));
  return isAllowed || wanted.some((one) => isNamed(row, one) && isAt(row, one));
}

/** Whether a package is one of those that the texts of a program name. The reason why the program is not assessed lists them. */
function isTextOf({ package: { name, version }, evidence }: ReportedRow, why: string): boolean {
  return evidence === 'binary-string' && why.split(/[ :,]+/).includes(`${name}-${version}`);
}

function isForbidden(row: ReportedRow, { must_not_report: forbidden, packages }: ExpectedImage): boolean {
  if (row.evidence === 'declared' || row.evidence === 'claimed-sbom') return false;
  if (packages.some((one) => isNamed(row, one) && isAt(row, one))) return false;
  return forbidden.some((one) => isNamed(row, one) && isAt(row, one));
}

function isNamed({ package: found }: ReportedRow, { type, name, version }: ExpectedName): boolean {
  return (
    (type === undefined || type === found.type) &&
    (name === undefined || registryName(found.type, name) === registryName(found.type, found.name)) &&
    (version === undefined || version === null || plainVersion(version) === plainVersion(found.version))
  );
}

function isAt(row: ReportedRow, { path }: ExpectedName): boolean {
  return path === undefined || path === `/${row.path}`;
}

/** Returns a name as its registry compares it. */
export function registryName(type: string, name: string): string {
  switch (type) {
    case 'pypi':
      return name.toLowerCase().replaceAll(/[-_.]+/g, '-');
    case 'cargo':
      return name.replaceAll('_', '-');
    case 'nuget':
    case 'composer':
      return name.toLowerCase();
    default:
      return name;
  }
}

/** Returns a version without the prefix that only some scanners write. */
export function plainVersion(version: string): string {
  return version.replace(/^(?:v|go)(?=\d)/, '');
}

function nameOf({ package: { type, name, version }, path }: ReportedRow): string {
  return `${type} ${name} ${version} at /${path}`;
}
