import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Report } from '../../src/model/report.ts';
import { type TestAuthority, testAuthority } from '../../src/testing/certificates.ts';
import { listenLocally } from '../../src/testing/http-server.ts';
import { layoutListener } from '../../src/testing/published-layout.ts';
import { clair } from './clair.ts';
import { done, image, place } from './publication.ts';
import { runServer, type ServeProcess } from './serve-process.ts';

const feeds = join(place, 'feeds of a signed server');
const loaded = join(place, 'loaded by the publisher.db');
const published = join(place, 'for signed servers');
const keys = join(place, 'keys for signed servers');
const root = join(keys, '1.root.json');
const served = join(place, 'signed server.db');
const cache = join(place, 'cache of signed servers');

/** Publishes advisories about a package of the image, and signs them. */
function publishSigned(count: number): void {
  const file = join(feeds, 'secdb.alpinelinux.org/v3.20/main.json');
  const names = Array.from({ length: count }, (_, i) => `CVE-2026-${1000 + i}`);
  const packages = [{ pkg: { name: 'busybox', secfixes: { '9.9.9-r0': names } } }];
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ distroversion: 'v3.20', reponame: 'main', packages }));
  done(clair(['db', 'update', 'alpine', '--mirror', feeds, '--db', loaded]));
  done(clair(['db', 'build', published, '--db', loaded, '--keys', keys]));
}

/** A web server whose files a test can replace by those of another directory. */
interface Place {
  directory: string;
  readonly url: string;
}

async function servePlace(t: TestContext, authority: TestAuthority): Promise<Place> {
  const { cert, key } = authority.issue('localhost');
  const files: Omit<Place, 'url'> = { directory: published };
  const listener = (...[request, response]: Parameters<ReturnType<typeof layoutListener>>): void => {
    layoutListener(files.directory, { requests: [], intercept: () => false })(request, response);
  };
  const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, listener);
  return Object.assign(files, { url: `https://${await listenLocally(t, server)}` });
}

/** A server asks a place again after two hours, or if the cache has no catalogue of it. */
function forgetCatalogue(): void {
  rmSync(join(cache, 'clair/catalogues'), { recursive: true, force: true });
}

/** Returns the number of vulnerabilities that the database of the server finds. */
function countFound(): number {
  const args = ['scan', image, '--offline', '--format', 'json', '--db', served];
  const { matches } = JSON.parse(done(clair(args))) as Report;
  return new Set(matches.map(({ vulnerability }) => vulnerability.id)).size;
}

async function failureIn({ ports }: ServeProcess): Promise<string | undefined> {
  const response = await fetch(`http://127.0.0.1:${ports.health}/status`);
  const status = (await response.json()) as { feeds: { lastFailure: { message: string } | null }[] };
  return status.feeds[0]?.lastFailure?.message;
}

test('takes signed advisories over HTTPS, follows a new root, and refuses an older version', async (t) => {
  publishSigned(40);
  const older = join(place, 'older for signed servers');
  cpSync(published, older, { recursive: true });
  const authority = testAuthority(t);
  const web = await servePlace(t, authority);
  const server = await runServer(t, ['serve', '--from', web.url, '--root', root], {
    SSL_CERT_FILE: authority.cert,
    XDG_CACHE_HOME: cache,
    CLAIR_DATABASE_OPTIONS_PATH: served,
    CLAIR_API_ADDR: '127.0.0.1:0',
    CLAIR_API_HEALTHADDR: '127.0.0.1:0',
    CLAIR_UPDATER_ENABLEDUPDATERS: 'alpine,kev',
    CLAIR_UPDATER_SOURCES_KEV_INTERVAL: '0',
    CLAIR_UPDATER_SOURCES_ALPINE_FEEDS: 'v3.20/main',
    CLAIR_UPDATER_INTERVAL: '1s',
  });
  await server.logged('feed updated', '"added":40,');
  assert.equal(countFound(), 40);
  assert.ok(!server.written().some((line) => line.includes('not signed')));

  done(clair(['db', 'keys', 'rotate', keys, 'root', 'targets', 'timestamp']));
  publishSigned(41);
  forgetCatalogue();
  await server.logged('feed updated', '"added":1,');
  assert.equal(countFound(), 41);

  web.directory = older;
  forgetCatalogue();
  await server.logged('feed update failed', 'is refused: the signatures are not valid');
  assert.match((await failureIn(server)) ?? '', /is refused: the signatures are not valid/);
  assert.equal(countFound(), 41);
});

test('accepts a place on the network with a root in the configuration, and names the settings otherwise', () => {
  const from = { CLAIR_UPDATER_FROM: 'https://advisories.example/db' };
  const check = (env: Readonly<Record<string, string>>): string => {
    const { status, stderr } = clair(['config', 'check'], { ...from, ...env });
    return `${status} ${stderr}`;
  };
  assert.match(check({ CLAIR_UPDATER_ROOT: root }), /^0 /);
  const unproved = check({});
  assert.match(
    unproved,
    /^2 .*https:\/\/advisories\.example\/db\/ is not a directory, so its content must be proved: name the root of its publisher with updater\.root, or the digest that clair db build printed as https:\S+@sha256:…$/m,
  );
  assert.doesNotMatch(unproved, /--root|--digest/);
  assert.match(check({ CLAIR_UPDATER_ROOT: join(place, 'no.json') }), /^2 .*no\.json cannot be read/m);
  assert.match(check({ CLAIR_UPDATER_ROOT: image }), /^2 .*image\.tar is not a root document/m);
});
