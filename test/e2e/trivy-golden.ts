import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { builtIn } from '../../src/extensions.ts';
import type { Fix } from '../../src/model/fix.ts';
import type { Namespace } from '../../src/model/namespace.ts';
import type { Affected, Vulnerability } from '../../src/model/vulnerability.ts';
import { withKeys } from '../../src/service/feeds/keyed-records.ts';
import { openSqliteStore } from '../../src/store/sql/sqlite-store.ts';
import { corpus } from '../../src/testing/corpus.ts';
import { stream } from '../../src/testing/store-content.ts';
import { scratch } from './clair.ts';
import { databases, writeSystem } from './listed-system.ts';

/** The cases that have all packages of their image. */
export const completeCases: readonly string[] = [
  ...['alpine-39', 'alpine-39-high-critical', 'alpine-39-ignore-cveids', 'centos-6'],
  ...['debian-buster', 'opensuse-leap-151', 'ubi-7', 'ubi-7-comprehensive'],
];

/** Reads a case of `golden/trivy-image`. */
export function goldenCase(name: string): Golden {
  return z.parse(golden, JSON.parse(readFileSync(corpus(`golden/trivy-image/${name}.json`), 'utf8')));
}

const evr = { version: z.string(), release: z.string(), epoch: z.number() };

/** A case of a peer: all packages of an image, the advisories that the peer had, and its findings. */
const golden = z.object({
  packages_complete: z.boolean(),
  platform_bucket: z.nullable(z.string()),
  options: z.object({
    severity: z.optional(z.array(z.string())),
    ignore_ids: z.optional(z.array(z.string())),
  }),
  image: z.object({ os: z.object({ Name: z.optional(z.string()) }) }),
  rebuilt_image: z.optional(z.object({ file: z.string() })),
  real_image: z.optional(z.object({ file: z.string() })),
  packages: z.array(z.unknown()),
  status_codes: z.array(z.string()),
  redhat_cpe_index: z.optional(z.object({ cpe: z.record(z.string(), z.string()) })),
  advisories: z.array(
    z.object({ platform: z.string(), package: z.string(), id: z.string(), value: z.unknown() }),
  ),
  vulnerability_details: z.record(
    z.string(),
    z.object({ CVSS: z.optional(z.record(z.string(), z.object({ V3Score: z.optional(z.number()) }))) }),
  ),
  expected: z.array(
    z.object({
      id: z.string(),
      package: z.string(),
      installed_version: z.string(),
      fixed_version: z.string(),
      status: z.string(),
      severity: z.string(),
      severity_source: z.string(),
      class: z.string(),
      type: z.string(),
      vendor_ids: z.optional(z.array(z.string())),
    }),
  ),
});
export type Golden = z.output<typeof golden>;
type Advisory = Golden['advisories'][number];

const packageInFull = z.object({ ...evr, name: z.string(), arch: z.string() });

const redhatEntries = z.object({
  Entries: z.array(
    z.object({
      Affected: z.array(z.number()),
      Cves: z.array(z.object({ ID: z.optional(z.string()) })),
      FixedVersion: z.optional(z.string()),
      Status: z.optional(z.number()),
      Arches: z.optional(z.array(z.string())),
    }),
  ),
});

const plainValue = z.object({ FixedVersion: z.optional(z.string()), Status: z.optional(z.number()) });

/** Our namespaces by the peer's platforms. */
const platforms: Readonly<Record<string, { readonly source: string; readonly namespace: Namespace }>> = {
  'alpine 3.9': { source: 'alpine', namespace: { name: 'alpine:v3.9', versionScheme: 'apk' } },
  'debian 10': { source: 'debian', namespace: { name: 'debian:10', versionScheme: 'dpkg' } },
  'debian 9': { source: 'debian', namespace: { name: 'debian:9', versionScheme: 'dpkg' } },
  'alpine edge': { source: 'alpine', namespace: { name: 'alpine:edge', versionScheme: 'apk' } },
  'alma 8': { source: 'alma', namespace: { name: 'almalinux:8', versionScheme: 'rpm' } },
  'amazon linux 1': { source: 'amazon', namespace: { name: 'amzn:2018.03', versionScheme: 'rpm' } },
  'Oracle Linux 8': { source: 'oracle', namespace: { name: 'oracle:8', versionScheme: 'rpm' } },
  'openSUSE Leap 15.1': {
    source: 'suse',
    namespace: { name: 'opensuse-leap:15.1', versionScheme: 'rpm' },
  },
};

/** Our fix states by those of Trivy. */
export const states: Readonly<Record<string, Exclude<Fix['state'], 'fixed'>>> = {
  affected: 'unfixed',
  unknown: 'unfixed',
  will_not_fix: 'will-not-fix',
  fix_deferred: 'deferred',
  end_of_life: 'end-of-life',
  not_affected: 'not-affected',
  under_investigation: 'under-investigation',
};

/** Returns the image, or a root file system of its packages if there is no image. */
export function targetOf(name: string, peer: Golden): string {
  const file = peer.rebuilt_image ? `golden/${peer.rebuilt_image.file}` : peer.real_image?.file;
  if (file !== undefined) return corpus(file);
  const root = join(scratch, 'peers', name);
  const packages = z.parse(z.array(packageInFull), peer.packages).map((item) => ({
    ...item,
    version: `${item.epoch}:${item.version}-${item.release}`,
  }));
  writeSystem(root, { ID: 'rhel', VERSION_ID: peer.image.os.Name ?? '' }, databases.rpm(packages));
  return `dir:${root}`;
}

/** Loads the peer's operating system advisories into a database, and those of its ratings that are NVD's. */
export async function fill(database: string, peer: Golden): Promise<void> {
  await using store = await openSqliteStore(database);
  const of = (source: string) => ({
    kind: 'whole' as const,
    source,
    feed: 'of a peer',
    sourceVersion: 1,
    origin: 'a peer',
    fingerprint: '',
    fetchedAt: new Date().toISOString(),
  });
  const rows = peer.advisories.filter(({ platform }) => platform === peer.platform_bucket);
  const records = rows.map((row, index) => ({
    kind: 'vulnerability' as const,
    ...recordOf(row, peer),
    key: `${index}`,
  }));
  const source = platforms[peer.platform_bucket ?? '']?.source ?? 'rhel';
  const keyed = records.map((record) => withKeys(record, builtIn.schemes, 'a peer'));
  await store.advisories.apply(of(source), stream(keyed));
  const ratings = Object.entries(peer.vulnerability_details).flatMap(([id, { CVSS }]) => {
    const score = CVSS?.['nvd']?.V3Score;
    return score === undefined ? [] : [{ kind: 'enrichment' as const, id, severity: severityOf(score) }];
  });
  await store.enrichments.apply(of('nvd'), stream(ratings));
}

/** Severity bands of CVSS 3. */
function severityOf(score: number): Vulnerability['severity'] {
  if (score >= 9) return 'Critical';
  if (score >= 7) return 'High';
  return score >= 4 ? 'Medium' : 'Low';
}

function recordOf(advisory: Advisory, peer: Golden): Vulnerability {
  const common = { key: '', id: advisory.id, links: [], severity: 'Unknown', cvss: [] } as const;
  const platform = platforms[advisory.platform];
  if (platform !== undefined) {
    const value = z.parse(plainValue, advisory.value);
    const row = { namespace: platform.namespace, package: advisory.package, ...fixOf(value, peer) };
    return { ...common, aliases: [], affected: [row] };
  }
  const { Entries: entries } = z.parse(redhatEntries, advisory.value);
  const cves = entries.flatMap(({ Cves }) => Cves.flatMap(({ ID }) => ID ?? []));
  return {
    ...common,
    aliases: cves,
    affected: entries.flatMap((entry) => redhatRows(advisory, entry, peer)),
  };
}

/** Returns a row for each product whose state the case has. */
function redhatRows(
  { package: name }: Advisory,
  entry: z.output<typeof redhatEntries>['Entries'][number],
  peer: Golden,
): Affected[] {
  return entry.Affected.flatMap((index) => {
    const cpe = peer.redhat_cpe_index?.cpe[index];
    const release = /enterprise_linux:(\d+)/.exec(cpe ?? '')?.[1];
    if (cpe === undefined || release === undefined) return [];
    const namespace = { name: `rhel:${release}`, versionScheme: 'rpm' };
    const only = { products: [cpe], ...(entry.Arches && { arch: entry.Arches }) };
    return [{ namespace, package: name, ...fixOf(entry, peer), only }];
  });
}

function fixOf(
  { FixedVersion: version, Status: status }: z.output<typeof plainValue>,
  { status_codes }: Golden,
): Pick<Affected, 'range' | 'fix'> {
  if (version) return { range: { to: version }, fix: { state: 'fixed', version } };
  return { range: {}, fix: { state: states[status_codes[status ?? 2] ?? ''] ?? 'unfixed' } };
}
