/**
 * Checks how few bytes complete the extracts of an image of the corpus, over a link of 200 Mbit/s and 20 ms:
 *
 *     npm run acceptance:checkpoints -- [--image=debian-multi]
 *
 * `CLAIR_TEST_IMAGES` is the directory of the images. A first server scans the image. Others have a plugin more that wants other files. They
 * scan it again with parts of its layers, and without extracts whole. The results must be equal.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { slowLink } from '../bench/slow-link.ts';
import type { Report } from '../src/model/report.ts';
import { type ClairServer, startClair } from './extracts/clair-server.ts';
import { layoutRegistry } from './extracts/layout-registry.ts';

const { image } = parseArgs({ options: { image: { type: 'string', default: 'debian-multi' } } }).values;
const images = process.env['CLAIR_TEST_IMAGES'];
if (images === undefined) throw new Error('CLAIR_TEST_IMAGES must name the directory of the images');
const targets = { share: 0.08, requests: 60, wallRatio: 0.35 };

/** Files that a later lister may want: some in one directory, and some in different places. */
const cases = {
  'three files of /etc': ['etc/issue', 'etc/profile', 'etc/motd'],
  'the hashes of all packages': ['var/lib/dpkg/info/*.md5sums'],
};

const place = mkdtempSync(join(tmpdir(), 'clair-checkpoints-'));
process.on('exit', () => {
  rmSync(place, { recursive: true, force: true });
});
const registry = await layoutRegistry(join(images, 'oci'), true);
const { port, server: link } = await slowLink(registry.port, { roundTripMs: 20, megabitsPerSecond: 200 });
const host = `127.0.0.1:${port}`;

/** A plugin that lists the sizes of the files that it wants. */
function plugin(name: string, wants: readonly string[]): string {
  const path = join(place, `${name.replaceAll(/\W/g, '-')}.mjs`);
  writeFileSync(
    path,
    `export const plugin = { name: 'sizes', version: '1.0.0', listers: [{
      name: ${JSON.stringify(name.replaceAll(' ', '-').replaceAll('/', ''))}, version: 1, wants: ${JSON.stringify(wants)},
      ecosystem: { name: 'sizes', versionScheme: 'semver' },
      *list(files) {
        for (const [path, { length }] of files)
          yield { kind: 'package', path, package: { type: 'generic', name: path, version: length + '.0.0' } };
      },
    }] };`,
  );
  return path;
}

interface Scanned {
  readonly report: Report;
  readonly ms: number;
  readonly bytes: number;
  readonly requests: number;
  readonly reads: Readonly<Record<string, number>>;
}

/** Scans the image by a server of its own. */
async function scan(database: string, plugins: readonly string[], keep: 'store' | 'none'): Promise<Scanned> {
  const config = join(place, 'config.json');
  const settings = {
    database: { options: { path: join(place, database) } },
    api: { addr: '127.0.0.1:0', healthaddr: '127.0.0.1:0' },
    updater: { interval: '0s' },
    images: { registries: [host] },
    extracts: { keep },
    plugins,
    log: { format: 'json' },
  };
  writeFileSync(config, JSON.stringify({ clair: settings }));
  const server: ClairServer = await startClair(config);
  try {
    const before = { bytes: registry.sent.bytes, ...registry.counts };
    const start = performance.now();
    const digest = await server.scan(`${host}/${image}:latest`);
    const ms = performance.now() - start;
    const requests = registry.counts.blobs + registry.counts.manifests - before.blobs - before.manifests;
    return {
      report: await server.report(digest),
      ms,
      bytes: registry.sent.bytes - before.bytes,
      requests,
      reads: await server.counter('clair_extract_reads_total'),
    };
  } finally {
    await server.end();
  }
}

const resultOf = ({ packages, distro, layers, coverage }: Report): object => ({
  packages,
  distro,
  layers,
  coverage,
});

const blobs = join(images, 'oci', image, 'blobs/sha256');
const imageBytes = readdirSync(blobs).reduce((sum, blob) => sum + statSync(join(blobs, blob)).size, 0);

const first = await scan('clair.db', [], 'store');
console.log(`the first scan fetches ${first.bytes} bytes in ${first.ms.toFixed(0)} ms`);
for (const [name, wants] of Object.entries(cases)) {
  const plugins = [plugin(name, wants)];
  const parts = await scan('clair.db', plugins, 'store');
  const whole = await scan(`${plugins.length}-${wants.length}.db`, plugins, 'none');
  assert.deepEqual(resultOf(parts.report), resultOf(whole.report));
  const listed = parts.report.packages.filter(({ type }) => type === 'generic').length;
  const share = parts.bytes / imageBytes;
  const ratio = parts.ms / whole.ms;
  console.log(
    `${name}: ${listed} files in ${parts.bytes} bytes, ${(share * 100).toFixed(1)} % of the image, in ${parts.requests} requests; ${parts.ms.toFixed(0)} ms instead of ${whole.ms.toFixed(0)} ms, ratio ${ratio.toFixed(2)}; ${JSON.stringify(parts.reads)}`,
  );
  assert.ok(share <= targets.share, 'too many bytes');
  assert.ok(parts.requests <= targets.requests, 'too many requests');
  assert.ok(ratio <= targets.wallRatio, 'too slow');
}
console.log('the results are equal to those of whole layers');
link.close();
registry.close();
process.exit(0);
