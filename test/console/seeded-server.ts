import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { loadExtensions } from '../../src/cli/load-extensions.ts';
import { countFindings } from '../../src/service/finding-counts/count-findings.ts';
import { openSqliteStore } from '../../src/store/sql/sqlite-store.ts';
import {
  buildImage,
  type ImageStep,
  ociFiles,
  runTool,
  writeFiles,
} from '../../src/testing/image-builder.ts';
import { temporaryDirectory } from '../../src/testing/store-engines.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { inCheckout, scratch } from '../e2e/clair.ts';
import { type DebianRegistry, debianRegistry } from '../e2e/debian-registry.ts';
import { fleetClient, fleetSettings, isLoaded } from '../e2e/fleet.ts';
import { runServer, type ServeProcess } from '../e2e/serve-process.ts';

/** A server with scanned images. */
export interface SeededServer {
  readonly url: string;
  readonly server: ServeProcess;
  /** Path of its database. */
  readonly database: string;
  /** Digests of the scanned images by repository and tag. */
  readonly digests: Readonly<Record<string, string>>;
}

/** Texts that would do harm if they were markup, or were shown whole. */
export const hostile: {
  readonly script: string;
  readonly image: string;
  readonly long: string;
  readonly reversed: string;
} = {
  script: '<script>window.hacked=1</script>',
  image: '<img/src=x/onerror=window.hacked=2>',
  long: `1.${'0'.repeat(10_000)}-r0`,
  reversed: 'moc.elpmaxe\u202e',
};

const release = {
  path: 'etc/os-release',
  content: 'ID=alpine\nVERSION_ID=3.20.3\nPRETTY_NAME="Alpine Linux v3.20"\n',
};

/** Returns a layer with an Alpine package database. */
function alpineLayer(packages: Readonly<Record<string, string>>, createdBy: string): ImageStep {
  const installed = Object.entries(packages)
    .map(([name, version], index) => `C:Q${index}\nP:${name}\nV:${version}\nA:x86_64\no:${name}\n\n`)
    .join('');
  return { tar: tar([release, { path: 'lib/apk/db/installed', content: installed }]), createdBy };
}

/** Layers of the images besides the example image. */
const images: Readonly<Record<string, readonly ImageStep[]>> = {
  'shop/web:1.1': [alpineLayer({ busybox: '1.36.1-r29', redis: '7.2.5-r0' }, 'ADD rootfs.tar.gz /')],
  'shop/hostile:1': [
    alpineLayer(
      {
        [hostile.script]: '1.0-r0',
        [hostile.image]: '1.0-r0',
        busybox: '1.36.1-r28',
      },
      `RUN echo '${hostile.script}' ${hostile.image}`,
    ),
  ],
  'shop/unknown:1': [{ tar: tar([{ path: 'data', content: 'text' }]), createdBy: 'COPY data /' }],
};

/** Base scores by year and CVE. */
const ratings: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  '2024': { 'CVE-2024-31449': 8.8, 'CVE-2024-31228': 5.5, 'CVE-2024-6119': 7.5, 'CVE-2024-9143': 3.1 },
  '2026': { 'CVE-2026-1000': 9.8, 'CVE-2026-1001': 5 },
};

/** Returns a feed of NVD with CVSS scores. */
function nvdFeed(scores: Readonly<Record<string, number>>): string {
  const vulnerabilities = Object.entries(scores).map(([id, baseScore]) => ({
    cve: {
      id,
      published: '2026-01-02T03:04:05.678',
      descriptions: [{ lang: 'en', value: descriptionOf(id) }],
      metrics: {
        cvssMetricV31: [
          { source: 'nvd@nist.gov', type: 'Primary', cvssData: { vectorString: vector, baseScore } },
        ],
      },
    },
  }));
  return JSON.stringify({ format: 'NVD_CVE', version: '2.0', vulnerabilities });
}

/** Some descriptions would do harm as markup. */
function descriptionOf(id: string): string {
  return id.startsWith('CVE-2026-')
    ? `A flaw in ${hostile.script}`
    : 'A crafted request runs code on the server.';
}

const vector = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H';

/** Writes the mirror of the example, with advisories for the hostile packages as well. */
function hostileMirror(): string {
  const mirror = join(scratch, 'console-mirror');
  if (existsSync(mirror)) return mirror;
  cpSync(inCheckout('examples/mirror'), mirror, { recursive: true });
  const file = join(mirror, 'secdb.alpinelinux.org/v3.20/main.json');
  const secdb = JSON.parse(readFileSync(file, 'utf8')) as { packages: object[] };
  const names = [hostile.script, hostile.image];
  const fixed = names.map((name, index) => ({
    pkg: { name, secfixes: { '9.0-r0': [`CVE-2026-100${index}`] } },
  }));
  writeFileSync(file, JSON.stringify({ ...secdb, packages: [...secdb.packages, ...fixed] }));
  const nvd = join(mirror, 'nvd.nist.gov/feeds/json/cve/2.0');
  mkdirSync(nvd, { recursive: true });
  for (const [year, scores] of Object.entries(ratings))
    writeFileSync(join(nvd, `nvdcve-2.0-${year}.json.gz`), gzipSync(nvdFeed(scores)));
  return mirror;
}

/** Starts a server that has scanned the images, and has counted their findings. */
export async function seededServer(
  t: TestContext,
  settings: Readonly<Record<string, string>> = {},
): Promise<SeededServer> {
  const registry = await debianRegistry(t);
  const names = ['shop/web:1.0', ...Object.keys(images)];
  await pushImages(registry);
  const database = join(temporaryDirectory(t), 'clair.db');
  const server = await runServer(t, ['serve'], {
    ...fleetSettings(registry.port),
    CLAIR_UPDATER_MIRROR: hostileMirror(),
    CLAIR_UPDATER_ENABLEDUPDATERS: 'alpine,nvd,kev,epss',
    CLAIR_UPDATER_SOURCES_ALPINE_FEEDS: 'v3.20/main,v3.20/community',
    CLAIR_UPDATER_SOURCES_NVD_FEEDS: '2024,2026',
    CLAIR_DATABASE_OPTIONS_PATH: database,
    ...settings,
  });
  await isLoaded(server);
  const client = fleetClient(server);
  const digests: Record<string, string> = {};
  for (const name of names) {
    const job = await client.scan(`127.0.0.1:${registry.port}/${name}`);
    const { digest, error } = await client.ended(job.id);
    if (digest === null) throw new Error(`${name}: ${error}`);
    digests[name] = digest;
  }
  await countNow(database);
  return { url: `http://127.0.0.1:${server.ports.api}`, server, database, digests };
}

async function pushImages(registry: DebianRegistry): Promise<void> {
  runTool('skopeo', [
    ...['copy', '--insecure-policy', '--dest-tls-verify=false'],
    `docker-archive:${inCheckout('examples/image.tar')}`,
    `docker://127.0.0.1:${registry.port}/shop/web:1.0`,
  ]);
  for (const [name, steps] of Object.entries(images)) {
    const layout = join(scratch, `console ${registry.port} ${name.replaceAll(/[/:]/g, ' ')}`);
    await writeFiles(layout, ociFiles([buildImage({ compression: 'gzip', steps })]));
    registry.push(layout, name);
  }
}

/** Counts the findings as the job of servers does, which runs every quarter of an hour. */
async function countNow(database: string): Promise<void> {
  await using store = await openSqliteStore(database);
  const { extensions } = await loadExtensions([], '');
  await countFindings({ store, extensions, signal: new AbortController().signal });
}
