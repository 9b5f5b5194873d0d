import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Report } from '../../src/model/report.ts';
import {
  appImage,
  appImages,
  expectedImage,
  plainVersion,
  registryName,
} from '../../src/testing/app-images.ts';
import { corpus } from '../../src/testing/corpus.ts';
import { peers } from '../../src/testing/peer-packages.ts';

/** The scanners whose lists of packages are measured. */
export const measuredScanners: readonly string[] = ['Clair', ...peers];

/** How right the lists of one scanner are for one ecosystem, over all images of `corpus/apps`. */
export interface PackageAccuracy {
  readonly type: string;
  readonly scanner: string;
  /** Packages that are in an image and in the list. */
  readonly hits: number;
  /** `image: name version` of packages that are not in the list. */
  readonly missed: readonly string[];
  /** `image: name version` of packages that are in the list, and not in the image. */
  readonly wrong: readonly string[];
}

/** A package of a list. */
export interface ListedRow {
  readonly type: string;
  readonly name: string;
  readonly version?: string | null;
}

/** The list of one scanner for one image, judged by what the package managers state. */
export interface JudgedList {
  readonly image: string;
  readonly scanner: string;
  /** All packages of the image that count. */
  readonly wanted: readonly ListedRow[];
  /** Those of them that are in the list. */
  readonly hits: readonly ListedRow[];
  /** Packages of the list that are not in the image. */
  readonly wrong: readonly ListedRow[];
}

/** Judges all lists of language packages. Packages in caches, or owned by the distribution, count neither way. */
export function judgeLists(): JudgedList[] {
  return appImages().flatMap((image) => measuredScanners.map((scanner) => judgeList(image, scanner)));
}

/** Measures lists of language packages, by ecosystem. */
export function measurePackages(lists: readonly JudgedList[]): PackageAccuracy[] {
  const rows = lists.flatMap(measureList);
  return Array.from(
    Map.groupBy(rows, ({ type, scanner }) => JSON.stringify([type, scanner])),
    ([key, group]) => {
      const [type = '', scanner = ''] = JSON.parse(key) as string[];
      return {
        type,
        scanner,
        hits: group.reduce((sum, row) => sum + row.hits, 0),
        missed: group.flatMap((row) => row.missed),
        wrong: group.flatMap((row) => row.wrong),
      };
    },
  ).sort((a, b) => (a.type < b.type ? -1 : a.type > b.type ? 1 : 0));
}

function judgeList(image: string, scanner: string): JudgedList {
  const { packages, may_report: allowed, not_assessed: programs } = expectedImage(image);
  const counted = packages.filter(
    ({ version, evidence, owner }) =>
      version !== null && evidence !== 'dormant' && evidence !== 'stale' && owner === undefined,
  );
  const wanted = new Map(counted.map((row) => [listedKey(row), row]));
  const neutral = new Set([...packages, ...allowed.flatMap(fullRow)].map(listedKey));
  // The version of these cannot be known.
  const unversioned = new Set(
    packages.flatMap((row) => (row.version === null ? [`${row.type} ${row.name}`] : [])),
  );
  // Texts of programs that cannot be assessed may be listed.
  const texts = new Set(programs.flatMap(({ why }) => why.split(/[ :,]+/)));
  const isNeutral = (key: string, { type, name, version }: ListedRow): boolean =>
    neutral.has(key) || unversioned.has(`${type} ${name}`) || texts.has(`${name}-${version ?? ''}`);
  const listed = new Map(listOf(image, scanner).map((row) => [listedKey(row), row]));
  const others = [...listed].filter(([key, row]) => !wanted.has(key) && !isNeutral(key, row));
  return {
    image,
    scanner,
    wanted: [...wanted.values()],
    hits: [...wanted].filter(([key]) => listed.has(key)).map(([, row]) => row),
    wrong: others.map(([, row]) => row),
  };
}

function measureList({ image, scanner, wanted, hits, wrong }: JudgedList): PackageAccuracy[] {
  const types = new Set(wanted.map(({ type }) => type));
  const textOf = ({ name, version }: ListedRow): string => `${image}: ${name} ${version ?? ''}`;
  return Array.from(types, (type) => {
    const isOfType = (row: ListedRow): boolean => row.type === type;
    const missed = wanted.filter((row) => isOfType(row) && !hits.includes(row));
    return {
      type,
      scanner,
      hits: hits.filter(isOfType).length,
      missed: missed.map(textOf),
      wrong: wrong.filter(isOfType).map(textOf),
    };
  });
}

function fullRow({ type, name, version }: Partial<ListedRow>): ListedRow[] {
  return type === undefined || name === undefined ? [] : [{ type, name, version: version ?? '' }];
}

/** Returns what is equal for the same package in the lists of all scanners. */
export function listedKey({ type, name, version }: ListedRow): string {
  return JSON.stringify([type, registryName(type, name), plainVersion(version ?? '')]);
}

function listOf(image: string, scanner: string): readonly ListedRow[] {
  if (scanner !== 'Clair') {
    const text = readFileSync(corpus(`apps/${image}/peers/${scanner}.json`), 'utf8');
    return (JSON.parse(text) as { readonly packages: readonly ListedRow[] }).packages;
  }
  const clair = resolve(import.meta.dirname, '../../bin/clair');
  const args = ['sbom', appImage(image), '--db', ':memory:', '--format', 'json'];
  const { packages } = JSON.parse(
    execFileSync(clair, args, { encoding: 'utf8', maxBuffer: 2 ** 28 }),
  ) as Report;
  return packages.filter(
    ({ evidence, owner }) =>
      evidence !== undefined && owner === undefined && !/^(?:declared|claimed-sbom)$/.test(evidence),
  );
}
