import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { gzipSync, zstdDecompressSync } from 'node:zlib';
import { loadExtensions } from '../../src/cli/load-extensions.ts';
import { countFindings } from '../../src/service/finding-counts/count-findings.ts';
import { openSqliteStore } from '../../src/store/sql/sqlite-store.ts';
import { corpus } from '../../src/testing/corpus.ts';
import {
  buildImage,
  type ImageStep,
  missingTool,
  ociFiles,
  writeFiles,
} from '../../src/testing/image-builder.ts';
import { temporaryDirectory } from '../../src/testing/store-engines.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { scratch } from '../e2e/clair.ts';
import { type DebianRegistry, debianRegistry } from '../e2e/debian-registry.ts';
import { fleetClient, fleetSettings } from '../e2e/fleet.ts';
import { runServer, type ServeProcess } from '../e2e/serve-process.ts';

/** The reason to skip tests of several days: the program that sets the clock of another one is missing. */
export const noClock: string | false = missingTool('faketime');

/** A server whose database was filled on several days. */
export interface SimulatedDays {
  readonly url: string;
  readonly server: ServeProcess;
  readonly registry: DebianRegistry;
  /** Path of the database that was filled. */
  readonly database: string;
  /** Path or connection string of the database of the server. */
  readonly place: string;
  /** Path of its mirror of advisories. */
  readonly mirror: string;
  /** The report of the first image as it was on the first day. */
  readonly firstReport: string;
}

/** Options of `simulatedDays`. */
export interface DaysOptions {
  /** Settings of the server at the end. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Settings of the server of yesterday. */
  readonly yesterday?: Readonly<Record<string, string>>;
  /** Adds to the database at the end of each of `scannedDays`, before its findings are counted. */
  readonly addTo?: (database: string, ago: number) => Promise<void>;
  /** Copies the filled database. Returns the path or connection string of the copy, which the server at the end uses. */
  readonly copy?: ((database: string) => Promise<string>) | undefined;
  /** A directory that keeps what was filled. If it exists, a copy of it is used, and nothing is filled. */
  readonly keptAt?: string | undefined;
}

const dayMs = 24 * 60 * 60 * 1000;

/** Packages of Debian 12.0, by their source packages. The feed of the corpus has their fixes. */
const bookworm: Readonly<Record<string, readonly [source: string, version: string]>> = {
  libc6: ['glibc', '2.36-9'],
  libssl3: ['openssl', '3.0.9-1'],
  libsystemd0: ['systemd', '252.6-1'],
  libgnutls30: ['gnutls28', '3.7.9-2'],
  'libkrb5-3': ['krb5', '1.20.1-2'],
  libexpat1: ['expat', '2.5.0-1'],
  'perl-base': ['perl', '5.36.0-7'],
  zlib1g: ['zlib', '1:1.2.13.dfsg-1'],
};

/** Packages that a shop adds to that base. */
const shop: typeof bookworm = {
  libcurl4: ['curl', '7.88.1-10'],
  libxml2: ['libxml2', '2.9.14+dfsg-1.2'],
  'libnghttp2-14': ['nghttp2', '1.52.0-1'],
};

/** The same packages after an update of some. */
const updated: typeof bookworm = { ...shop, libcurl4: ['curl', '7.88.1-10+deb12u14'] };

const baseStep: ImageStep = debianStep(bookworm);

/** The lowest layer of an image of Debian. */
function debianStep(packages: typeof bookworm): ImageStep {
  return {
    tar: tar([
      {
        path: 'etc/os-release',
        content:
          'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
      },
      { path: 'var/lib/dpkg/status', content: dpkgStatus(packages) },
    ]),
    createdBy: 'ADD rootfs.tar.gz /',
  };
}

function dpkgStatus(packages: typeof bookworm): string {
  return Object.entries(packages)
    .map(
      ([name, [source, version]]) =>
        `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nSource: ${source}\nVersion: ${version}\n\n`,
    )
    .join('');
}

/** A layer that installs packages on the base. */
function installStep(packages: typeof bookworm): ImageStep {
  return {
    tar: tar([{ path: 'var/lib/dpkg/status', content: dpkgStatus({ ...bookworm, ...packages }) }]),
    createdBy: `RUN apt-get install --yes ${Object.keys(packages).join(' ')}`,
  };
}

/** The layer of a real Alpine image of the corpus. */
function alpineStep(version: string): ImageStep {
  const branch = version.split('.').slice(0, 2).join('.');
  const installed = readFileSync(corpus(`pkgdb/apk/alpine-rootfs/${version}/lib/apk/db/installed`));
  return {
    tar: tar([
      {
        path: 'etc/os-release',
        content: `ID=alpine\nVERSION_ID=${version}\nPRETTY_NAME="Alpine Linux v${branch}"\n`,
      },
      { path: 'lib/apk/db/installed', content: installed },
    ]),
    createdBy: 'ADD rootfs.tar.gz /',
  };
}

/** Images that are pushed and scanned on each day, by the days before today. */
export const scannedDays: readonly {
  readonly ago: number;
  readonly images: Readonly<Record<string, readonly ImageStep[]>>;
}[] = [
  {
    ago: 3,
    images: {
      'base/debian:12': [baseStep],
      'shop/web:1': [baseStep, installStep(shop)],
      'shop/proxy:1': [debianStep({ libcurl4: ['curl', '7.88.1-10'] })],
    },
  },
  { ago: 1, images: { 'shop/jobs:1': [alpineStep('3.20.3')] } },
  {
    ago: 0,
    images: {
      'shop/web:2': [baseStep, installStep(updated)],
      // The name means another image from then on.
      'shop/proxy:1': [alpineStep('3.18.9')],
      'shop/files:1': [{ tar: tar([{ path: 'data', content: 'text' }]), createdBy: 'COPY data /' }],
    },
  },
];

/** The image whose report is kept. */
const firstImage = 'shop/web:1';

/** The package whose advisories are missing on the days before today. */
const newPackage = 'expat';

/** Fills a database as a fleet would over some days, and starts a server on it that updates nothing by itself. */
export async function simulatedDays(
  t: TestContext,
  { settings = {}, keptAt, copy, ...options }: DaysOptions = {},
): Promise<SimulatedDays> {
  const registry = await debianRegistry(t);
  const directory = temporaryDirectory(t);
  if (keptAt !== undefined && existsSync(keptAt)) cpSync(keptAt, directory, { recursive: true });
  else {
    await fill(t, { directory, registry }, options);
    if (keptAt !== undefined) cpSync(directory, keptAt, { recursive: true });
  }
  const places = placesIn(directory);
  const place = (await copy?.(places.database)) ?? places.database;
  const last = settingsOf(registry, { ...places, database: place });
  const server = await runServer(t, ['serve'], { ...last, CLAIR_UPDATER_INTERVAL: '0', ...settings });
  const firstReport = readFileSync(places.firstReport, 'utf8');
  return { ...places, place, url: `http://127.0.0.1:${server.ports.api}`, server, registry, firstReport };
}

type Places = Pick<SimulatedDays, 'database' | 'mirror' | 'firstReport'>;

/** Returns the settings of a server with a database: a path, or a connection string. */
export function settingsOfDatabase(place: string): Record<string, string> {
  return place.startsWith('postgres')
    ? { CLAIR_DATABASE_TYPE: 'pgsql', CLAIR_DATABASE_OPTIONS_SOURCE: place }
    : { CLAIR_DATABASE_OPTIONS_PATH: place };
}

/** Returns the paths of what is in the directory of a scene. */
function placesIn(directory: string): Places {
  return {
    database: join(directory, 'clair.db'),
    mirror: join(directory, 'mirror'),
    firstReport: join(directory, 'first-report.json'),
  };
}

function settingsOf({ port }: DebianRegistry, { database, mirror }: Places): Record<string, string> {
  return {
    ...fleetSettings(port),
    ...settingsOfDatabase(database),
    CLAIR_UPDATER_MIRROR: mirror,
  };
}

/** Scans the images of each day, by a server whose clock shows that day. */
async function fill(
  t: TestContext,
  { directory, registry }: { readonly directory: string; readonly registry: DebianRegistry },
  { yesterday = {}, addTo }: DaysOptions,
): Promise<void> {
  const places = placesIn(directory);
  const { database, mirror } = places;
  writeMirror(mirror);
  const tracker = readTracker();
  const updating = { ...settingsOf(registry, places), ...feedSettings };
  for (const { ago, images } of scannedDays) {
    writeTracker(mirror, ago > 0 ? tracker.filter(([name]) => name !== newPackage) : tracker);
    for (const [name, steps] of Object.entries(images)) await push(registry, name, steps);
    await workOnDay(t, ago, { ...updating, ...(ago === 1 && yesterday) }, async (client) => {
      for (const name of Object.keys(images)) {
        const job = await client.scan(`127.0.0.1:${registry.port}/${name}`);
        const { error, digest } = await client.ended(job.id);
        if (error !== null) throw new Error(`${name}: ${error}`);
        if (name !== firstImage) continue;
        const report = await client.get(`/api/v1/images/${digest}/report`);
        writeFileSync(places.firstReport, await report.text());
      }
    });
    await addTo?.(database, ago);
    await countOn(database, ago);
  }
}

const sources = ['debian', 'alpine', 'nvd', 'epss', 'kev'];

/** Settings of the sources of advisories. */
export const feedSettings: Readonly<Record<string, string>> = {
  CLAIR_UPDATER_ENABLEDUPDATERS: sources.join(','),
  CLAIR_UPDATER_SOURCES_ALPINE_FEEDS: 'v3.18/main,v3.20/main',
  CLAIR_UPDATER_SOURCES_NVD_FEEDS: '2023,2024',
};

/** Waits until the server has updated every source on the day that its clock shows. */
async function isUpdated({ get }: ReturnType<typeof fleetClient>): Promise<void> {
  for (;;) {
    const summary = (await (await get('/api/v1/summary')).json()) as {
      readonly at: string;
      readonly sources: readonly { readonly source: string; readonly checkedAt: string | null }[];
    };
    const today = summary.at.slice(0, 10);
    const current = summary.sources.filter(({ checkedAt }) => checkedAt?.startsWith(today) === true);
    if (sources.every((name) => current.some(({ source }) => source === name))) return;
    await setTimeout(100);
  }
}

/** Returns the environment of a process whose clock is some days ahead, or behind. */
export function clockAhead(by: number): Record<string, string> {
  const [library] = globSync('/usr/lib/*/faketime/libfaketime.so.1');
  return {
    LD_PRELOAD: library ?? '',
    FAKETIME: `${by < 0 ? '' : '+'}${by}d`,
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
}

/** Runs a server whose clock shows a day in the past, until the work is done. */
async function workOnDay(
  t: TestContext,
  ago: number,
  settings: Readonly<Record<string, string>>,
  work: (client: ReturnType<typeof fleetClient>) => Promise<void>,
): Promise<void> {
  const server = await runServer(t, ['serve'], { ...settings, ...clockAhead(-ago) });
  const client = fleetClient(server);
  await isUpdated(client);
  await work(client);
  await server.end();
}

async function push(registry: DebianRegistry, name: string, steps: readonly ImageStep[]): Promise<void> {
  const layout = join(scratch, `days ${registry.port} ${name.replaceAll(/[/:]/g, ' ')}`);
  await writeFiles(layout, ociFiles([buildImage({ compression: 'gzip', steps })]));
  registry.push(layout, name);
}

/** Lays out the feeds of the corpus at their addresses. */
function writeMirror(mirror: string): void {
  put(
    join(mirror, 'epss.empiricalsecurity.com/epss_scores-current.csv.gz'),
    readFileSync(corpus('feeds/epss/epss_scores-2021-08-31.csv.gz')),
  );
  const kev = 'known_exploited_vulnerabilities.json';
  put(join(mirror, 'www.cisa.gov/sites/default/files/feeds', kev), readFileSync(corpus(`feeds/kev/${kev}`)));
  spawnSync('tar', [
    '--zstd',
    '-xf',
    corpus('feeds/alpine-secdb.tar.zst'),
    '-C',
    placeOf(join(mirror, 'secdb.alpinelinux.org/x')),
  ]);
  for (const year of Object.keys(ratings)) putNvd(mirror, year);
}

/** Scores and vectors of vulnerabilities by year, as the National Vulnerability Database has them. */
const ratings: Readonly<Record<string, Readonly<Record<string, readonly [number, string]>>>> = {
  '2023': {
    'CVE-2023-38545': [9.8, 'AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H'],
    'CVE-2023-44487': [7.5, 'AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H'],
    'CVE-2023-4911': [7.8, 'AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H'],
    'CVE-2023-5363': [7.5, 'AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N'],
    'CVE-2023-50387': [7.5, 'AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H'],
    'CVE-2023-5678': [5.3, 'AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L'],
  },
  '2024': {
    'CVE-2024-45491': [9.8, 'AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H'],
    'CVE-2024-45492': [9.8, 'AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H'],
    'CVE-2024-45490': [7.5, 'AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H'],
    'CVE-2024-37371': [9.1, 'AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:H'],
    'CVE-2024-5535': [9.1, 'AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:H'],
  },
};

/** Writes a feed of the database. */
function putNvd(mirror: string, year: string): void {
  const vulnerabilities = Object.entries(ratings[year] ?? {}).map(([id, [baseScore, vector]]) => {
    const cvssData = { vectorString: `CVSS:3.1/${vector}`, baseScore };
    const cvssMetricV31 = [{ source: 'nvd@nist.gov', type: 'Primary', cvssData }];
    return {
      cve: { id, published: `${year}-12-01T00:00:00.000`, descriptions: [], metrics: { cvssMetricV31 } },
    };
  });
  const content = JSON.stringify({ format: 'NVD_CVE', version: '2.0', vulnerabilities });
  put(join(mirror, `nvd.nist.gov/feeds/json/cve/2.0/nvdcve-2.0-${year}.json.gz`), gzipSync(content));
}

/** Source packages of Debian's tracker. */
type Tracker = readonly (readonly [name: string, advisories: unknown])[];

/** Reads the tracker of the corpus: the packages of the images and a few others. Loading all of them takes most of the time of the tests. */
function readTracker(): Tracker {
  const packed = readFileSync(corpus('feeds/debian/tracker.json.zst'));
  const whole = Object.entries(JSON.parse(zstdDecompressSync(packed).toString()) as object);
  const installed = new Set(Object.values({ ...bookworm, ...shop }).map(([source]) => source));
  return whole.filter(([name], index) => installed.has(name) || index % 50 === 0);
}

/** Writes Debian's tracker with some of its packages. */
function writeTracker(mirror: string, packages: Tracker): void {
  const path = join(mirror, 'security-tracker.debian.org/tracker/data/json');
  put(path, JSON.stringify(Object.fromEntries(packages)));
}

function put(path: string, content: string | Uint8Array): void {
  placeOf(path);
  writeFileSync(path, content);
}

/** Creates the directory of a file. Returns it. */
function placeOf(path: string): string {
  mkdirSync(dirname(path), { recursive: true });
  return dirname(path);
}

/** Counts the findings as the job of servers does, at the time of a day in the past. */
async function countOn(database: string, ago: number): Promise<void> {
  await using store = await openSqliteStore(database, { now: () => Date.now() - ago * dayMs });
  const { extensions } = await loadExtensions([], '');
  await countFindings({ store, extensions, signal: new AbortController().signal });
}
