import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { buildImage } from '../../src/testing/image-builder.ts';
import { memoryRegistry } from '../../src/testing/memory-registry.ts';
import { type HarborLine, readHarborLines, recordings } from '../../src/testing/recordings.ts';
import { sharedEngines } from '../../src/testing/store-engines.ts';
import {
  type HarborDeviations,
  harborDeviations,
  harborNoDatabaseDeviations,
} from './replay/harbor-deviations.ts';
import { type HarborNames, HarborReplay } from './replay/harbor-replay.ts';
import { loadFeeds } from './replay/load-feeds.ts';
import { startEndpoints } from './replay/replay.ts';

const skip =
  existsSync(recordings) || process.env['CI'] !== undefined ? false : 'no recordings beside this checkout';

/** The port of the API in `startEndpoints`. */
const apiPort = 16_060;

for (const engine of sharedEngines) {
  test(`${engine.name}: Harbor's scanner API responds like the adapter of Trivy except for the listed deviations`, {
    skip,
  }, async (t) => {
    const place = await engine.createEmptyLocation(t);
    await loadFeeds(engine, place, { directory: recordedAdvisories(t), sources: ['alpine', 'debian'] });
    await replay(t, place, readHarborLines('harbor-adapter'), harborDeviations);
  });

  test(`${engine.name}: without advisories it responds like the adapter without its database except for the listed deviations`, {
    skip,
  }, async (t) => {
    const place = await engine.createEmptyLocation(t);
    await replay(t, place, readHarborLines('harbor-adapter-nodb'), harborNoDatabaseDeviations);
  });
}

async function replay(
  t: TestContext,
  place: string,
  lines: readonly HarborLine[],
  deviations: HarborDeviations,
): Promise<void> {
  const names = await pushImages(t, lines);
  const registries = [names.get(recordedRegistry), registryAway].join(',');
  const { ports } = await startEndpoints(t, place, {
    CLAIR_API_HARBOR_REGISTRIES: registries,
    CLAIR_API_HARBOR_KEY: Buffer.alloc(32, 7).toString('base64'),
    CLAIR_UPDATER_ENABLEDUPDATERS: 'alpine,debian',
    CLAIR_UPDATER_SOURCES_ALPINE_FEEDS: 'v3.20/main,v3.20/community',
  });
  const port = ports.get(apiPort) ?? assert.fail('no port');
  const exchanges = new HarborReplay(`http://127.0.0.1:${port}/harbor`, names, deviations);
  for (const line of lines) await exchanges.repeat(line);
  exchanges.finish(t);
}

const recordedRegistry = 'http://127.0.0.1:25005';
/** No server listens there. */
const registryAway = 'http://127.0.0.1:9';

/** Pushes the images of a recording to a registry; returns what to send in place of their names. */
async function pushImages(t: TestContext, lines: readonly HarborLine[]): Promise<HarborNames> {
  const registry = await memoryRegistry(t);
  const names = new Map([[recordedRegistry, `http://${registry.host}`]]);
  for (const [name, [layer, digest]] of Object.entries(lines[0]?.images ?? {})) {
    const bytes = gunzipSync(readFileSync(join(recordings, 'layers-v4', layer)));
    const image = buildImage({ compression: 'gzip', steps: [{ tar: bytes }] });
    registry.push(image);
    names.set(digest, image.manifest.digest);
    // That registry has one repository.
    names.set(name.replace(/:.*$/, ''), 'app');
  }
  return names.set('test/none', 'app');
}

/** Writes the four advisories that the adapter had into a mirror. */
function recordedAdvisories(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'clair-harbor-'));
  t.after(() => {
    rmSync(directory, { recursive: true });
  });
  const write = (path: string, document: object): void => {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), JSON.stringify(document));
  };
  const alpine = (reponame: string, packages: readonly object[]): void => {
    write(`secdb.alpinelinux.org/v3.20/${reponame}.json`, { distroversion: 'v3.20', reponame, packages });
  };
  const openssl = { '3.3.2-r0': ['CVE-2024-6119'], '3.3.0-r2': ['CVE-2024-4603'] };
  alpine('main', [
    { pkg: { name: 'openssl', secfixes: openssl } },
    { pkg: { name: 'busybox', secfixes: { '1.36.1-r99': ['CVE-2026-90009'] } } },
  ]);
  alpine('community', []);
  const bookworm = {
    status: 'open',
    urgency: 'not yet assigned',
    repositories: { bookworm: '3.0.11-1~deb12u2' },
  };
  write('security-tracker.debian.org/tracker/data/json', {
    openssl: { 'CVE-2026-80002': { releases: { bookworm } } },
  });
  return directory;
}

test("docs/reference/deviations.md explains every deviation from Harbor's adapter", () => {
  const text = readFileSync(new URL('../../docs/reference/deviations.md', import.meta.url), 'utf8');
  const rules = [harborDeviations, harborNoDatabaseDeviations]
    .flatMap(Object.values)
    .map(({ rule }) => rule as string);
  assert.deepEqual(
    [...new Set(rules)].filter((rule) => !text.includes(`\n### ${rule}\n`)),
    [],
  );
});
