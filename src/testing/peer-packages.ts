import { readFileSync } from 'node:fs';
import {
  type PackageDifference,
  type PackageRule,
  packageRules,
} from '../match/peer-comparison/package-rules.ts';
import type { PeerPackage } from '../model/peer-report.ts';
import type { Report } from '../model/report.ts';
import { plainVersion, registryName } from './app-images.ts';
import { corpus } from './corpus.ts';

/** The scanners whose lists of packages are recorded in `corpus/apps`. */
export const peers = ['syft', 'trivy', 'osv-scanner'] as const;
type Peer = (typeof peers)[number];

/** In the corpus, only this program may not be executed. A list of packages does not have permissions. */
const notExecutable: PackageRule = {
  id: 'clair/not-executable',
  reason: 'The other scanner does not read programs without the permission to execute.',
  applies: ({ listedBy, package: { type, paths } }) =>
    listedBy === 'clair' && type === 'golang' && paths.length === 1 && paths[0] === '/usr/local/bin/probe',
};

/** Explains all differences in the images of the corpus. */
export const corpusRules: readonly PackageRule[] = [...packageRules, notExecutable];

/** A difference in an image, and the rule that explains it. */
export interface ExplainedDifference extends PackageDifference {
  readonly image: string;
  readonly peer: Peer;
  /** Absent if no rule applies. */
  readonly rule?: PackageRule;
}

/**
 * Returns the packages that a peer lists as well, but whose absence from the report a rule would explain. Empty if the rules hide no loss.
 */
export function hiddenLosses(image: string, peer: Peer, report: Report): ExplainedDifference[] {
  const theirs = new Set(recordedPackages(image, peer).map(keyOf));
  const packages = report.packages.filter((one) => !theirs.has(keyOf(one)));
  const known = new Set(differencesFromPeer(image, peer, report).map(differenceText));
  return differencesFromPeer(image, peer, { ...report, packages }).filter(
    (one) => one.rule !== undefined && !known.has(differenceText(one)),
  );
}

/** Returns all differences between the language packages of a report and the recorded list of a peer. */
export function differencesFromPeer(image: string, peer: Peer, report: Report): ExplainedDifference[] {
  const ours = languagePackages(report);
  const theirs = recordedPackages(image, peer);
  const unread = new Set((report.unread ?? []).flatMap(({ paths }) => paths.map((path) => `/${path}`)));
  const explained = (
    difference: Omit<ExplainedDifference, 'rule'>,
    others: readonly PeerPackage[],
  ): ExplainedDifference => {
    const rule = corpusRules.find((one) => one.applies(difference, { others, unread }));
    return { ...difference, ...(rule && { rule }) };
  };
  return [
    ...without(ours, theirs).map((one) =>
      explained({ image, peer, listedBy: 'clair', package: one }, theirs),
    ),
    ...without(theirs, ours).map((one) => explained({ image, peer, listedBy: 'peer', package: one }, ours)),
  ];
}

/** `syft: only clair: npm lodash 4.17.21 at /app/node_modules/lodash/package.json` */
export function differenceText({ peer, listedBy, package: found }: PackageDifference): string {
  const place = found.paths[0] === undefined ? '' : ` at ${found.paths[0]}`;
  return `${peer}: only ${listedBy}: ${found.type} ${found.name} ${found.version}${place}`;
}

function languagePackages({ packages }: Report): PeerPackage[] {
  return packages.flatMap(({ type, name, version, evidence, owner, location, locations }) =>
    evidence === undefined
      ? []
      : [
          {
            type,
            name,
            version,
            evidence,
            ...(owner && { owner }),
            paths: (locations ?? [location]).map(({ path }) => `/${path}`),
          },
        ],
  );
}

function recordedPackages(image: string, peer: Peer): PeerPackage[] {
  const text = readFileSync(corpus(`apps/${image}/peers/${peer}.json`), 'utf8');
  const { packages } = JSON.parse(text) as { packages: readonly RecordedRow[] };
  return Array.from(Map.groupBy(packages, keyOf).values(), (rows) => ({
    type: rows[0]?.type ?? '',
    name: rows[0]?.name ?? '',
    version: rows[0]?.version ?? '',
    paths: rows.flatMap(({ path = '' }) => (path === '' ? [] : [path])),
  }));
}

/** A package at one path, as recorded. */
interface RecordedRow {
  readonly type: string;
  readonly name: string;
  readonly version?: string;
  readonly path?: string;
}

function without(all: readonly PeerPackage[], others: readonly PeerPackage[]): PeerPackage[] {
  const known = new Set(others.map(keyOf));
  return all.filter((one) => !known.has(keyOf(one)));
}

function keyOf({ type, name, version = '' }: Pick<RecordedRow, 'type' | 'name' | 'version'>): string {
  return JSON.stringify([type, registryName(type, name), plainVersion(version)]);
}
