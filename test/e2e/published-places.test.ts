import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { findDatabase } from '../../src/advisory-db/layout.ts';
import type { Report } from '../../src/model/report.ts';
import { type MemoryRegistry, memoryRegistry } from '../../src/testing/memory-registry.ts';
import { serveLayout } from '../../src/testing/published-layout.ts';
import { clair, clairBeside, inCheckout, type Run, scratch } from './clair.ts';
import { publishAsCheckedAt } from './publication.ts';

const image = inCheckout('examples/image.tar');
const mirror = inCheckout('examples/mirror');
const place = join(scratch, 'places');
const published = join(place, 'published');
const vendors = join(place, 'vendors.db');
const manifestType = 'application/vnd.oci.image.manifest.v1+json';

function done(run: Run): string {
  assert.equal(run.status, 0, run.stderr + run.stdout);
  return run.stdout;
}

done(clair(['db', 'update', 'alpine', 'kev', '--mirror', mirror, '--db', vendors]));
const digest =
  /^sha256:\w+$/m.exec(done(clair(['db', 'build', published, '--db', vendors])))?.[0] ?? assert.fail();

let runs = 0;

/** Scans the example image on an empty database, with a cache of its own unless one is named. */
async function scanFrom(
  places: readonly string[],
  args: readonly string[] = [],
  cache = `cache ${runs}`,
): Promise<Run> {
  const database = join(place, `empty ${runs++}.db`);
  const from = places.flatMap((one) => ['--from', one]);
  return await clairBeside(
    ['scan', image, '--no-lookups', '--format', 'json', '--db', database, ...from, ...args],
    { XDG_CACHE_HOME: join(place, cache) },
  );
}

function reportOf({ stdout, stderr }: Run): Report {
  assert.notEqual(stdout, '', stderr);
  return JSON.parse(stdout) as Report;
}

async function registryWith(context: TestContext): Promise<MemoryRegistry> {
  const registry = await memoryRegistry(context);
  for (const name of readdirSync(join(published, 'blobs/sha256'))) {
    const bytes = readFileSync(join(published, 'blobs/sha256', name));
    if (`sha256:${name}` === digest) registry.put(JSON.parse(bytes.toString()) as object, manifestType, '1');
    else registry.putBlob(bytes);
  }
  return registry;
}

test('gives the same report from a directory, a web server and a registry, and fetches only what the image needs', async (t) => {
  const expected = done(await scanFrom([published]));
  const server = await serveLayout(t, published);
  assert.equal(done(await scanFrom([server.url], ['--digest', digest], 'web cache')), expected);
  const shards = Object.values(findDatabase(published)?.catalogue.shards ?? {});
  assert.deepEqual(
    server.requests.map(({ path }) => path).sort(),
    [digest, ...shards.map(({ blob }) => blob.digest)].map((one) => `blobs/sha256/${one.slice(7)}`).sort(),
  );
  const registry = await registryWith(t);
  const pulled = await scanFrom([`registry:${registry.host}/app@${digest}`], [], 'registry cache');
  assert.deepEqual([done(pulled), pulled.stderr], [expected, '']);
  assert.equal(registry.requests.length, 3);
  // A digest names one version for ever, so nothing is asked again.
  assert.equal(done(await scanFrom([server.url], ['--digest', digest], 'web cache')), expected);
  assert.equal(server.requests.length, 3);
});

test('refuses a place on the network whose content nothing proves, and says what to do', async () => {
  for (const unproved of ['https://feeds.example/db', 'registry:registry.example/db']) {
    const run = await scanFrom([unproved]);
    assert.equal(run.status, 2, run.stderr);
    assert.match(
      run.stderr,
      /is not a directory, so its content must be proved: name the root of its publisher with --root, or the digest .* --digest sha256:…/,
    );
  }
  const plain = await scanFrom(['http://feeds.example/db'], ['--digest', digest]);
  assert.equal(plain.status, 2);
  assert.match(
    plain.stderr,
    /is not encrypted: use https, or list feeds\.example in CLAIR_REGISTRY_INSECURE/,
  );
  const early = await scanFrom(['vendors', published]);
  assert.equal(early.status, 2);
  assert.match(early.stderr, /--from vendors must be the last place/);
  const odd = await scanFrom(['ftp://feeds.example/db']);
  assert.equal(odd.status, 2);
  assert.match(odd.stderr, /name a directory, https:\/\/…, registry:HOST\/REPOSITORY, or vendors/);
});

test('asks the next place when one fails, and never the vendors unless they are named', async (t) => {
  const server = await serveLayout(t, published);
  server.intercept = (_request, response) => {
    response.writeHead(503).end();
    return true;
  };
  const pinned = `${server.url}@${digest}`;
  const next = await scanFrom([pinned, published]);
  assert.equal(reportOf(next).matches.length, 13);
  const alone = await scanFrom([pinned], ['--mirror', mirror, '--fail-on', 'high']);
  assert.equal(alone.status, 4, alone.stdout);
  const [coverage] = reportOf(alone).coverage;
  assert.equal(coverage?.status, 'missing');
  assert.match(
    coverage.reason ?? '',
    /the feed alpine v3\.20\/main could not be fetched: cannot fetch http:\S+: HTTP 503/,
  );
  assert.match(alone.stderr, /^clair: cannot fetch http:\S+: HTTP 503/m);
  const vendored = await scanFrom([pinned, 'vendors'], ['--mirror', mirror]);
  assert.equal(reportOf(vendored).matches.length, 13);
});

test('uses the files of the cache when the place is down, and calls them stale after a day', async (t) => {
  const directory = join(place, 'aging');
  cpSync(published, directory, { recursive: true });
  done(await scanFrom([directory], [], 'aging cache'));
  const aged = await publishAsCheckedAt(directory, '2026-01-01T00:00:00.000Z');
  const server = await serveLayout(t, directory);
  const cached = await scanFrom([`${server.url}@${aged}`], [], 'aging cache');
  assert.match(reportOf(cached).coverage[0]?.reason ?? '', /were last known to be current at 2026-01-01/);
  server.intercept = (_request, response) => {
    response.destroy();
    return true;
  };
  const down = await scanFrom([`${server.url}@${aged}`], ['--fail-on', 'high'], 'aging cache');
  assert.deepEqual([down.status, reportOf(down).coverage[0]?.status], [4, 'stale']);
  assert.deepEqual(reportOf(down).matches, reportOf(cached).matches);
});

test('fetches each file once when several processes start at the same time', async (t) => {
  const server = await serveLayout(t, published);
  const database = join(place, 'shared.db');
  const args = ['scan', image, '--no-lookups', '--db', database, '--from', `${server.url}@${digest}`];
  const env = { XDG_CACHE_HOME: join(place, 'shared cache') };
  done(await clairBeside(['db', 'status', '--db', database], env));
  const results = await Promise.all([1, 2, 3].map(() => clairBeside(args, env)));
  for (const run of results) done(run);
  assert.equal(new Set(results.map(({ stdout }) => stdout)).size, 1);
  assert.equal(server.requests.length, 3);
});

test('fetches, verifies and lists the namespaces of a place on the network', async (t) => {
  const server = await serveLayout(t, published);
  const env = { XDG_CACHE_HOME: join(place, 'network cache') };
  const from = ['--from', server.url, '--digest', digest, '--db', join(place, 'network.db')];
  assert.match(done(await clairBeside(['db', 'fetch', ...from], env)), /^2 namespaces are in the cache/);
  assert.match(done(await clairBeside(['db', 'status', ...from], env)), /^alpine:v3\.20 .* yes$/m);
  const verified = done(await clairBeside(['db', 'verify', `${server.url}@${digest}`], env));
  assert.equal(verified, `2 of 2 namespaces are sound, with the digest that was named\n${digest}\n`);
  server.intercept = ({ url }, response, content) => {
    if (url === `/blobs/sha256/${digest.slice(7)}`) return false;
    response.end(Buffer.alloc(content.length, 7));
    return true;
  };
  const damaged = await clairBeside(['db', 'verify', `${server.url}@${digest}`], env);
  assert.deepEqual([damaged.status, /its digest is sha256:\w+ instead of/.test(damaged.stdout)], [3, true]);
});
