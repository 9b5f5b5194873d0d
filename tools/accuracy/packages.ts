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

interface ListedRow {
  readonly type: string;
  readonly name: string;
  readonly version?: string | null;
}

/** Measures lists of language packages against what the package managers state. Packages in caches, or owned by the distribution, count neither way. */
export function measurePackages(): PackageAccuracy[] {
  const rows = appImages().flatMap((image) =>
    measuredScanners.flatMap((scanner) => measureImage(image, scanner)),
  );
  return Array.from(
    Map.groupBy(rows, ({ type, scanner }) => JSON.stringify([type, scanner])),
    ([key, group]) => {
      const [type = '', scanner = ''] = JSON.parse(key) as string[];
      return {
        ...{ type, scanner, hits: group.reduce((sum, row) => sum + row.hits, 0) },
        missed: group.flatMap((row) => row.missed),
        wrong: group.flatMap((row) => row.wrong),
      };
    },
  ).sort((a, b) => (a.type < b.type ? -1 : a.type > b.type ? 1 : 0));
}

function measureImage(image: string, scanner: string): PackageAccuracy[] {
  const { packages, may_report: allowed, not_assessed: programs } = expectedImage(image);
  const counted = packages.filter(
    ({ version, evidence, owner }) =>
      version !== null && evidence !== 'dormant' && evidence !== 'stale' && owner === undefined,
  );
  const wanted = new Map(counted.map((row) => [keyOf(row), row]));
  const neutral = new Set([...packages, ...allowed.flatMap(fullRow)].map(keyOf));
  // The version of these cannot be known.
  const unversioned = new Set(
    packages.flatMap((row) => (row.version === null ? [`${row.type} ${row.name}`] : [])),
  );
  // Texts of programs that cannot be assessed may be listed.
  const texts = new Set(programs.flatMap(({ why }) => why.split(/[ :,]+/)));
  const isNeutral = (key: string, { type, name, version }: ListedRow): boolean =>
    neutral.has(key) || unversioned.has(`${type} ${name}`) || texts.has(`${name}-${version ?? ''}`);
  const listed = new Map(listOf(image, scanner).map((row) => [keyOf(row), row]));
  const types = new Set(counted.map(({ type }) => type));
  return Array.from(types, (type) => {
    const own = [...wanted].filter(([, row]) => row.type === type);
    const others = [...listed].filter(
      ([key, row]) => row.type === type && !wanted.has(key) && !isNeutral(key, row),
    );
    const missed = own.filter(([key]) => !listed.has(key));
    const textOf = ([, { name, version }]: readonly [string, ListedRow]): string =>
      `${image}: ${name} ${version ?? ''}`;
    return {
      ...{ type, scanner, hits: own.length - missed.length },
      missed: missed.map(textOf),
      wrong: others.map(textOf),
    };
  });
}

function fullRow({ type, name, version }: Partial<ListedRow>): ListedRow[] {
  return type === undefined || name === undefined ? [] : [{ type, name, version: version ?? '' }];
}

function keyOf({ type, name, version }: ListedRow): string {
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
    ({ evidence }) => evidence !== undefined && !/^(?:declared|claimed-sbom)$/.test(evidence),
  );
}
