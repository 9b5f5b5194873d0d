import { existsSync, readFileSync } from 'node:fs';
import { formatPurl } from '../../src/model/purl.ts';
import type { Match } from '../../src/model/report.ts';
import { corpus } from '../../src/testing/corpus.ts';
import { type MeasurePlaces, scanWith } from './measure.ts';
import { type JudgedList, type ListedRow, listedKey, measuredScanners } from './packages.ts';

/** How right the findings are to which the lists of one scanner lead, over all images of `corpus/apps`. */
export interface ListFindings {
  readonly scanner: string;
  /** Right findings: those of packages that are in the image. */
  readonly hits: number;
  /** `image: id name version` of right findings that are not in the list. */
  readonly missed: readonly string[];
  /** The same of findings of packages that are not in the image. */
  readonly wrong: readonly string[];
}

/** A vulnerability of a listed package. */
interface ListedFinding {
  readonly image: string;
  readonly row: ListedRow;
  readonly id: string;
  readonly names: readonly string[];
}

/** The name of the row of what osv-scanner itself found. */
export const ownMatcher = 'osv-scanner, its own findings';

/**
 * Measures to which findings the lists of packages lead, with the same advisories and Clair's order of versions. Compares what osv-scanner itself
 * found for the packages of the images, too.
 */
export function measureListFindings(lists: readonly JudgedList[], places: MeasurePlaces): ListFindings[] {
  const findingsOf = matcher(lists, places);
  const measured = measuredScanners.map((scanner) => {
    const own = lists.filter((list) => list.scanner === scanner);
    const of = (rowsOf: (list: JudgedList) => readonly ListedRow[]): ListedFinding[] =>
      own.flatMap((list) => rowsOf(list).flatMap((row) => findingsOf(list.image, row)));
    return {
      scanner,
      hits: of(({ hits }) => hits).length,
      missed: of(({ wanted, hits }) => wanted.filter((row) => !hits.includes(row))).map(textOf),
      wrong: of(({ wrong }) => wrong).map(textOf),
    };
  });
  const right = lists
    .filter(({ scanner, image }) => scanner === 'Clair' && givenToMatcher(image))
    .flatMap(({ image, wanted }) => wanted.flatMap((row) => findingsOf(image, row)));
  return [...measured, compareRecorded(right)];
}

/** Returns a function that returns the findings of a package. */
function matcher(
  lists: readonly JudgedList[],
  places: MeasurePlaces,
): (image: string, row: ListedRow) => ListedFinding[] {
  const purls = new Set(lists.flatMap(({ wanted, wrong }) => [...wanted, ...wrong].map(purlOf)));
  const components = Array.from(purls, (purl) => ({ type: 'library', name: purl, version: '1', purl }));
  const sbom = { bomFormat: 'CycloneDX', specVersion: '1.6', version: 1, components };
  const matches = Map.groupBy(scanWith(places, 'lists')(sbom).matches, (match) => match.package.purl);
  return (image, row) => (matches.get(purlOf(row)) ?? []).map((match) => ({ image, row, ...idsOf(match) }));
}

function idsOf({ vulnerability }: Match): Pick<ListedFinding, 'id' | 'names'> {
  const { id, aliases, advisories } = vulnerability;
  return { id, names: [id, ...aliases, ...advisories.map((advisory) => advisory.id)] };
}

/** Go versions begin with `v` in a purl, whatever the list has. */
function purlOf({ type, name, version }: ListedRow): string {
  const at = name.lastIndexOf(type === 'maven' ? ':' : '/');
  const isBareGo = type === 'golang' && /^\d/.test(version ?? '') && name !== 'stdlib';
  return formatPurl({
    type,
    ...(at !== -1 && { namespace: name.slice(0, at) }),
    name: name.slice(at + 1),
    version: `${isBareGo ? 'v' : ''}${version ?? ''}`,
  });
}

function textOf({ image, row: { name, version }, id }: ListedFinding): string {
  return `${image}: ${id} ${name} ${version ?? ''}`;
}

/** In this image, osv-scanner was given the packages that Debian owns only. */
function givenToMatcher(image: string): boolean {
  return image !== 'mixed-debian';
}

/** Compares what osv-scanner found for the packages of the images with the right findings. */
function compareRecorded(right: readonly ListedFinding[]): ListFindings {
  const recorded = [...new Set(right.map(({ image }) => image))].flatMap(recordedFindings);
  const keyOf = ({ image, row }: ListedFinding): string => JSON.stringify([image, listedKey(row)]);
  const isSame = (one: ListedFinding, other: ListedFinding): boolean =>
    keyOf(one) === keyOf(other) && one.names.some((name) => other.names.includes(name));
  const missed = right.filter((one) => !recorded.some((other) => isSame(one, other)));
  return {
    scanner: ownMatcher,
    hits: right.length - missed.length,
    missed: missed.map(textOf),
    wrong: recorded.filter((one) => !right.some((other) => isSame(one, other))).map(textOf),
  };
}

const types: Readonly<Record<string, string>> = {
  npm: 'npm',
  PyPI: 'pypi',
  Maven: 'maven',
  Go: 'golang',
  RubyGems: 'gem',
  Packagist: 'composer',
  'crates.io': 'cargo',
  NuGet: 'nuget',
  Hex: 'hex',
};

interface RecordedRow {
  readonly ecosystem: string;
  readonly name: string;
  readonly version: string;
  readonly ids: readonly string[];
  readonly aliases: readonly string[];
}

function recordedFindings(image: string): ListedFinding[] {
  const file = corpus(`apps/${image}/peers/osv-findings.json`);
  if (!existsSync(file)) return [];
  const { findings } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly findings: readonly RecordedRow[];
  };
  return findings.map(({ ecosystem, name, version, ids, aliases }) => ({
    image,
    row: { type: types[ecosystem] ?? ecosystem, name, version },
    id: ids[0] ?? '',
    names: [...ids, ...aliases],
  }));
}
