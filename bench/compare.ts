import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Report } from '../src/model/report.ts';
import { clair } from './command.ts';
import { figures, measure } from './measure.ts';

/**
 * Measures the comparison with the report of another scanner, as CPU of the whole command: `npm run bench -- compare`. Both reports have
 * 5,000 findings of 1,000 packages. They agree in all, or in three of five. The database has an advisory for each finding, or for none.
 * Prints minima of interleaved runs.
 */
const rounds = 9;
const packageCount = 1000;
const perPackage = 5;
const agreedPerPackage = 3;

const examples = resolve(import.meta.dirname, '../examples');
const work = mkdtempSync(join(tmpdir(), 'clair-bench-compare-'));
process.on('exit', () => {
  rmSync(work, { recursive: true, force: true });
});
const inWork = (name: string): string => join(work, name);
const databaseOf = (mirror: string): string => `--db ${inWork(`${mirror}.db`)}`;

/** Scans the example image with a mirror, which fills a database. */
function scanWith(mirror: string): void {
  const scan = `${clair} scan ${examples}/image.tar --mirror ${inWork(mirror)} ${databaseOf(mirror)} --format json --output ${inWork('example.json')}`;
  if (spawnSync('sh', ['-c', scan]).status !== 0) throw new Error('the example image could not be scanned');
}

for (const mirror of ['example', 'covering'])
  cpSync(`${examples}/mirror`, inWork(mirror), { recursive: true });
writeFileSync(inWork('covering/secdb.alpinelinux.org/v3.20/main.json'), JSON.stringify(coveringSecdb()));
scanWith('covering');
scanWith('example');

/** Returns advisories for all findings: the installed versions have those of 2023, and have fixed those of 2022. */
function coveringSecdb(): object {
  const packages = Array.from({ length: packageCount }, (_, i) => {
    const idsOf = (year: number): string[] => Array.from({ length: perPackage }, (_, j) => idOf(year, i, j));
    return { pkg: { name: `package-${i}`, secfixes: { '0.0.1-r0': idsOf(2022), '99-r0': idsOf(2023) } } };
  });
  return { distroversion: 'v3.20', reponame: 'main', archs: ['x86_64'], packages };
}

/** Returns the report of the example image with generated packages and findings. */
function ownReport(): Report {
  const report = JSON.parse(readFileSync(inWork('example.json'), 'utf8')) as Report;
  const [found] = report.packages;
  const [match] = report.matches;
  if (found === undefined || match === undefined) throw new Error('the example has no finding');
  const packages = Array.from({ length: packageCount }, (_, i) => ({
    ...found,
    ...namesOf(i, found.version),
  }));
  const matches = packages.flatMap((item, i) =>
    Array.from({ length: perPackage }, (_, j) => ({
      ...match,
      vulnerability: { ...match.vulnerability, id: idOf(2023, i, j), aliases: [], advisories: [] },
      package: { ...match.package, ...namesOf(i, found.version), type: item.type },
    })),
  );
  return { ...report, packages, matches, suppressed: [] };
}

function namesOf(
  i: number,
  version: string,
): Pick<Report['matches'][number]['package'], 'name' | 'version' | 'purl'> & {
  readonly source: { readonly name: string; readonly version: string };
} {
  const name = `package-${i}`;
  return { name, version, purl: `pkg:apk/alpine/${name}@${version}`, source: { name, version } };
}

function idOf(year: number, i: number, j: number): string {
  return `CVE-${year}-${10_000 + i * perPackage + j}`;
}

/** Returns the report of Trivy, which agrees in the first findings of each package. */
function trivyReport({ packages }: Report, agreed: number): object {
  const Vulnerabilities = packages.flatMap(({ name, version }, i) =>
    Array.from({ length: perPackage }, (_, j) => ({
      VulnerabilityID: idOf(j < agreed ? 2023 : 2022, i, j),
      PkgName: name,
      InstalledVersion: version,
      Severity: 'MEDIUM',
      Description: 'x'.repeat(500),
    })),
  );
  const Packages = packages.map(({ name, version }) => ({ Name: name, Version: version }));
  const result = { Target: 'image', Class: 'os-pkgs', Type: 'alpine', Packages, Vulnerabilities };
  return { SchemaVersion: 2, ArtifactName: 'image', Results: [result] };
}

const own = ownReport();
writeFileSync(inWork('own.json'), JSON.stringify(own));
writeFileSync(inWork('same.json'), JSON.stringify(trivyReport(own, perPackage)));
writeFileSync(inWork('other.json'), JSON.stringify(trivyReport(own, agreedPerPackage)));

const compare = (name: string, mirror = 'example'): string =>
  `${clair} compare ${inWork('own.json')} --with ${inWork(name)} ${databaseOf(mirror)} --offline >${inWork('out.txt')}`;
const costs = measure(
  [
    {
      name: 'clair diff of the report with itself',
      command: `${clair} diff ${inWork('own.json')} ${inWork('own.json')} ${databaseOf('example')} --offline >${inWork('out.txt')}`,
    },
    { name: 'clair compare, all findings in both', command: compare('same.json') },
    { name: 'clair compare, 2,000 findings of each differ, no advisories', command: compare('other.json') },
    {
      name: 'clair compare, 2,000 findings of each differ, with advisories',
      command: compare('other.json', 'covering'),
    },
  ],
  rounds,
  'minimum',
);
console.log(figures(costs, false));
