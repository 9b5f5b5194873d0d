/**
 * Makes `database-layout`, a published database of a few real vulnerabilities: of Alpine, Debian, RHEL and npm packages, with severities.
 * Writes feeds as the vendors do, loads them, and publishes them. Run: npm run example
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { zipSync } from 'fflate';
import type { Catalogue, CatalogueShard } from '../src/advisory-db/documents.ts';
import { LayoutWriter } from '../src/advisory-db/layout-writer.ts';
import { toCatalogueFeed } from '../src/cli/db/catalogue-feeds.ts';
import { publishNamespace } from '../src/cli/db/publish-namespace.ts';
import { builtIn } from '../src/extensions.ts';
import type { FeedClient } from '../src/plugin/advisory-source.ts';
import {
  publishableLists,
  publishableNamespaces,
  publishableRatings,
} from '../src/service/feeds/publishable-content.ts';
import { updateFeeds } from '../src/service/feeds/update-feeds.ts';
import { openSqliteStore } from '../src/store/sql/sqlite-store.ts';
import { tar } from '../src/testing/tar-writer.ts';
import { keyVersions } from '../src/version/keyed-scheme.ts';
import { exampleFiles } from './make-example.ts';

/** The time of the database. Every run publishes the same content. */
const made = new Date('2026-11-27T06:00:00Z');

/** Base vectors of CVSS 3.1 by CVE, with their scores. */
const ratings: Readonly<Record<string, readonly [vector: string, score: number]>> = {
  'CVE-2021-23337': ['CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H', 7.2],
  'CVE-2021-44906': ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', 9.8],
  'CVE-2022-37434': ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', 9.8],
  'CVE-2023-38545': ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', 9.8],
  'CVE-2023-42364': ['CVSS:3.1/AV:L/AC:L/PR:N/UI:R/S:U/C:N/I:N/A:H', 5.5],
  'CVE-2023-42365': ['CVSS:3.1/AV:L/AC:L/PR:N/UI:R/S:U/C:N/I:N/A:H', 5.5],
  'CVE-2023-45853': ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', 9.8],
  'CVE-2023-4911': ['CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H', 7.8],
  'CVE-2024-3094': ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H', 10],
  'CVE-2024-31227': ['CVSS:3.1/AV:L/AC:L/PR:H/UI:N/S:U/C:N/I:N/A:H', 4.4],
  'CVE-2024-31228': ['CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:H', 5.5],
  'CVE-2024-31449': ['CVSS:3.1/AV:L/AC:H/PR:L/UI:N/S:U/C:H/I:H/A:H', 7],
  'CVE-2024-5535': ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:H', 9.1],
  'CVE-2024-6119': ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H', 7.5],
  'CVE-2024-6387': ['CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H', 8.1],
  'CVE-2024-9143': ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:L/A:N', 5.3],
};

/** Fixed versions of Debian 12 by source package and CVE. Null has no fix. */
const debianFixes: Readonly<Record<string, Readonly<Record<string, string | null>>>> = {
  curl: { 'CVE-2023-38545': '7.88.1-10+deb12u4' },
  glibc: { 'CVE-2023-4911': '2.36-9+deb12u3' },
  openssh: { 'CVE-2024-6387': '1:9.2p1-2+deb12u3' },
  zlib: { 'CVE-2023-45853': null },
};

/** An advisory of Red Hat for RHEL 9, with the packages that it fixes. */
export interface RedHatFix {
  readonly cve: string;
  readonly advisory: string;
  readonly severity: string;
  readonly version: string;
  readonly packages: readonly string[];
}

/** Advisories of Red Hat for RHEL 9. */
export const redHat: readonly RedHatFix[] = [
  {
    cve: 'CVE-2023-4911',
    advisory: 'RHSA-2023:5453',
    severity: 'Important',
    version: '2.34-60.el9_2.7',
    packages: ['glibc', 'glibc-common', 'glibc-minimal-langpack'],
  },
  {
    cve: 'CVE-2024-6387',
    advisory: 'RHSA-2024:4312',
    severity: 'Important',
    version: '8.7p1-38.el9_4.1',
    packages: ['openssh', 'openssh-clients', 'openssh-server'],
  },
];

/** A package of RHEL 9 that Red Hat calls not affected. */
export interface RedHatCleared {
  readonly cve: string;
  readonly severity: string;
  readonly package: string;
}

/** Packages of RHEL 9 that Red Hat calls not affected. */
const redHatCleared: readonly RedHatCleared[] = [
  { cve: 'CVE-2024-3094', severity: 'Critical', package: 'xz' },
];

/** Advisories of GitHub for npm packages: each range begins with a version and ends before another one. */
const gitHub = [
  {
    id: 'GHSA-35jh-r3h4-6jhm',
    cve: 'CVE-2021-23337',
    package: 'lodash',
    severity: 'HIGH',
    summary: 'Command injection in lodash',
    ranges: [['0', '4.17.21']],
  },
  {
    id: 'GHSA-xvch-5gv4-984h',
    cve: 'CVE-2021-44906',
    package: 'minimist',
    severity: 'CRITICAL',
    summary: 'Prototype pollution in minimist',
    ranges: [
      ['1.0.0', '1.2.6'],
      ['0', '0.2.4'],
    ],
  },
] as const;

function json(content: object): Buffer {
  return Buffer.from(JSON.stringify(content));
}

/** Returns the feeds by their URLs, as the vendors write them. */
export function vendorFeeds(
  fixes: readonly RedHatFix[] = redHat,
  cleared: readonly RedHatCleared[] = redHatCleared,
): ReadonlyMap<string, Uint8Array> {
  const files = exampleFiles();
  const mirrored = (path: string): [string, Uint8Array] => [
    `https://${path}`,
    Buffer.from(files.get(`mirror/${path}`) ?? ''),
  ];
  return new Map<string, Uint8Array>([
    mirrored('secdb.alpinelinux.org/v3.20/main.json'),
    mirrored('secdb.alpinelinux.org/v3.20/community.json'),
    mirrored('www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json'),
    ['https://security-tracker.debian.org/tracker/data/json', json(debianTracker())],
    ['https://osv-vulnerabilities.storage.googleapis.com/npm/all.zip', npmArchive()],
    [`${redHatBase}/archive_latest.txt`, Buffer.from('csaf_vex_2026-11-26.tar.zst\n')],
    [`${redHatBase}/csaf_vex_2026-11-26.tar.zst`, redHatArchive(fixes, cleared)],
    ...nvdYears(),
  ]);
}

const redHatBase = 'https://security.access.redhat.com/data/csaf/v2/vex';

function debianTracker(): object {
  const releases = (fix: string | null): object =>
    fix === null
      ? { bookworm: { status: 'open', repositories: {}, urgency: 'not yet assigned' } }
      : {
          bookworm: { status: 'resolved', repositories: {}, fixed_version: fix, urgency: 'not yet assigned' },
        };
  return Object.fromEntries(
    Object.entries(debianFixes).map(([name, fixes]) => [
      name,
      Object.fromEntries(Object.entries(fixes).map(([cve, fix]) => [cve, { releases: releases(fix) }])),
    ]),
  );
}

function npmArchive(): Uint8Array {
  const documents = gitHub.map(({ id, cve, package: name, severity, summary, ranges }) => [
    `${id}.json`,
    json({
      schema_version: '1.7.0',
      id,
      aliases: [cve],
      summary,
      modified: '2026-11-01T00:00:00Z',
      severity: [{ type: 'CVSS_V3', score: ratings[cve]?.[0] }],
      affected: ranges.map(([introduced, fixed]) => ({
        package: { ecosystem: 'npm', name },
        ranges: [{ type: 'SEMVER', events: [{ introduced }, { fixed }] }],
      })),
      database_specific: { severity },
    }),
  ]);
  return zipSync(Object.fromEntries(documents) as Record<string, Uint8Array>, { mtime: made });
}

function redHatArchive(fixes: readonly RedHatFix[], cleared: readonly RedHatCleared[]): Uint8Array {
  const documents = [...fixes.map(fixDocument), ...cleared.map(clearedDocument)];
  const files = documents.map((one) => ({
    path: `${one.cve.slice(4, 8)}/${one.cve.toLowerCase()}.json`,
    content: JSON.stringify(redHatDocument(one)),
  }));
  return zstdCompressSync(tar(files));
}

/** A product in the tree of a document. */
interface RedHatProduct {
  readonly name: string;
  readonly purl: string;
}

/** The content of a document about one product stream. */
interface RedHatStatement {
  readonly cve: string;
  readonly severity: string;
  readonly stream: string;
  readonly cpe: string;
  readonly products: readonly RedHatProduct[];
  /** Returns the statement about products with these ids. */
  readonly vulnerability: (ids: readonly string[]) => object;
}

/** Each package that an advisory fixes is a component of the product stream. */
function fixDocument({ cve, advisory, severity, version, packages }: RedHatFix): RedHatStatement {
  const url = `https://access.redhat.com/errata/${advisory}`;
  return {
    cve,
    severity,
    stream: 'BaseOS-9.4.0.Z.MAIN.EUS',
    cpe: 'cpe:/o:redhat:enterprise_linux:9::baseos',
    products: packages.map((name) => ({
      name: `${name}-0:${version}.x86_64`,
      purl: `pkg:rpm/redhat/${name}@${version}?arch=x86_64`,
    })),
    vulnerability: (ids) => ({
      product_status: { fixed: ids },
      remediations: [{ category: 'vendor_fix', url, product_ids: ids }],
    }),
  };
}

/** A package that is not affected is named by its source. */
function clearedDocument({ cve, severity, package: name }: RedHatCleared): RedHatStatement {
  return {
    cve,
    severity,
    stream: 'red_hat_enterprise_linux_9',
    cpe: 'cpe:/o:redhat:enterprise_linux:9',
    products: [{ name, purl: `pkg:rpm/redhat/${name}?arch=src` }],
    vulnerability: (ids) => ({ product_status: { known_not_affected: ids } }),
  };
}

/** Returns a document of CSAF 2.0, profile VEX. */
function redHatDocument({ cve, severity, stream, cpe, products, vulnerability }: RedHatStatement): object {
  const leaf = (id: string, helper: object): object => ({
    product: { name: id, product_id: id, product_identification_helper: helper },
  });
  return {
    document: {
      category: 'csaf_vex',
      aggregate_severity: { text: severity },
      tracking: { id: cve, status: 'final', current_release_date: '2026-11-01T00:00:00+00:00' },
    },
    product_tree: {
      branches: [
        {
          category: 'vendor',
          name: 'Red Hat',
          branches: [leaf(stream, { cpe }), ...products.map(({ name, purl }) => leaf(name, { purl }))],
        },
      ],
      relationships: products.map(({ name }) => ({
        category: 'default_component_of',
        product_reference: name,
        relates_to_product_reference: stream,
        full_product_name: { name, product_id: `${stream}:${name}` },
      })),
    },
    vulnerabilities: [{ cve, ...vulnerability(products.map(({ name }) => `${stream}:${name}`)) }],
  };
}

/** Returns the files of NVD, one for each year. */
function nvdYears(): [string, Uint8Array][] {
  const byYear = Map.groupBy(Object.entries(ratings), ([cve]) => cve.slice(4, 8));
  return [...byYear].map(([year, rated]) => {
    const vulnerabilities = rated.map(([id, [vectorString, baseScore]]) => ({
      cve: {
        id,
        lastModified: '2026-11-01T00:00:00.000',
        vulnStatus: 'Analyzed',
        descriptions: [],
        metrics: {
          cvssMetricV31: [{ source: 'nvd@nist.gov', type: 'Primary', cvssData: { vectorString, baseScore } }],
        },
      },
    }));
    return [
      `https://nvd.nist.gov/feeds/json/cve/2.0/nvdcve-2.0-${year}.json.gz`,
      gzipSync(json({ vulnerabilities })),
    ];
  });
}

/** Returns a client of these files. Every other file is absent. */
function clientOf(files: ReadonlyMap<string, Uint8Array>): FeedClient {
  return {
    get: async (url) => {
      const content = files.get(url);
      return content === undefined ? 'absent' : { url, fingerprint: '', body: bodyOf(content) };
    },
  };
}

async function* bodyOf(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}

/** The feeds that are loaded, by the names of their sources. */
const loaded: Readonly<Record<string, readonly string[]>> = {
  alpine: ['v3.20/main', 'v3.20/community'],
  debian: ['tracker'],
  rhel: ['vex'],
  osv: ['npm'],
  kev: ['catalogue'],
  nvd: ['2021', '2022', '2023', '2024'],
};

/** Publishes the database into an empty directory. */
export async function makeDatabase(directory: string): Promise<Catalogue> {
  const { sources, enrichers, schemes } = builtIn;
  const now = (): Date => made;
  await using store = await openSqliteStore(':memory:', { now: () => made.getTime() });
  const locks = {
    store,
    now,
    owner: 'example',
    lockWaitMs: 0,
    sleep: async () => undefined,
    onProgress: () => undefined,
  };
  const wanted = [...sources, ...enrichers].flatMap((source) =>
    (loaded[source.name] ?? []).map((feed) => ({ source, feed })),
  );
  const outcomes = await updateFeeds(wanted, {
    ...locks,
    schemes,
    client: clientOf(vendorFeeds()),
    origin: 'upstream',
    maxAgeMs: 0,
  });
  const failed = outcomes.find(({ outcome }) => outcome !== 'updated');
  if (failed !== undefined)
    throw new Error(`${failed.source.name} ${failed.feed}: ${JSON.stringify(failed.outcome)}`);
  const extensions = { sources, enrichers };
  const contents = [
    ...(await publishableNamespaces({ store, extensions })),
    ...(await publishableLists({ store, extensions })),
  ];
  const scratch = mkdtempSync(join(tmpdir(), 'clair-example-'));
  const shards: Record<string, CatalogueShard> = {};
  mkdirSync(directory, { recursive: true });
  try {
    for (const content of contents) {
      const usedBlocks = new Set(Object.values(shards).map(({ block }) => block));
      const options = { directory, scratch, versions: [], usedBlocks, feedLocks: locks };
      for (const { name, shard } of await publishNamespace(content, options))
        if (shard !== undefined) shards[name] = shard;
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  const catalogue: Catalogue = {
    version: 1,
    built: made.toISOString(),
    before: null,
    keys: keyVersions,
    shards,
    ratings: (await publishableRatings({ store, extensions })).map(toCatalogueFeed),
  };
  await new LayoutWriter(directory).publish(catalogue);
  return catalogue;
}

if (import.meta.main) {
  const directory = join(import.meta.dirname, 'database-layout');
  rmSync(directory, { recursive: true, force: true });
  await makeDatabase(directory);
}
