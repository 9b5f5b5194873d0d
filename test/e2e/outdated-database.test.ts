import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { KeyDirectory } from '../../src/advisory-db/trust/key-directory.ts';
import { signCatalogue } from '../../src/advisory-db/trust/sign-catalogue.ts';
import type { Report } from '../../src/model/report.ts';
import { serveLayout } from '../../src/testing/published-layout.ts';
import { clair, clairBeside, type Run } from './clair.ts';
import { databases, writeSystem } from './listed-system.ts';
import { done, fromPublished, place, publishAsCheckedAt } from './publication.ts';

const dayMs = 86_400_000;
const database = join(place, 'current.db');
const current = join(place, 'current');
const keys = join(place, 'keys of outdated');
const root = ['--root', join(keys, '1.root.json')];
const system = join(place, 'a system without findings');
const scan = ['scan', `dir:${system}`, '--format', 'json'];
const gate = ['--fail-on', 'critical'];

writeFeeds(join(place, 'current feeds'));
done(clair(['db', 'update', 'alpine', '--mirror', join(place, 'current feeds'), '--db', database]));
done(clair(['db', 'build', current, '--db', database, '--keys', keys]));
writeSystem(
  system,
  { ID: 'alpine', VERSION_ID: '3.22.0' },
  databases.apk([{ name: 'zlib', version: '1.3.1-r2', arch: 'x86_64' }]),
);

/** Writes feeds of a release that is supported until 2027-05-01 (alpinelinux.org/releases). */
function writeFeeds(directory: string): void {
  for (const reponame of ['main', 'community']) {
    const file = join(directory, `secdb.alpinelinux.org/v3.22/${reponame}.json`);
    const packages = [{ pkg: { name: 'busybox', secfixes: { '9.9.9-r0': ['CVE-2026-1000'] } } }];
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify({ distroversion: 'v3.22', reponame, packages }));
  }
}

/** Publishes the same content as if its feeds were last checked, and the catalogue signed, that long ago. */
async function outdated(name: string, checkedDays: number, signedDays = 0): Promise<string> {
  const directory = join(place, name);
  cpSync(current, directory, { recursive: true });
  const keyDirectory = new KeyDirectory(keys);
  const ago = (days: number): Date => new Date(Date.now() - days * dayMs);
  await publishAsCheckedAt(directory, ago(checkedDays).toISOString(), (bytes) =>
    signCatalogue(bytes, {
      roots: keyDirectory.roots(),
      signers: { privateKeys: keyDirectory.privateKeys() },
      now: ago(signedDays),
      before: new Map(),
    }),
  );
  return name;
}

function stateOf({ status, stdout, stderr }: Run): unknown {
  const { coverage, verdict } = JSON.parse(stdout) as Report;
  assert.equal(coverage[0]?.namespace, 'alpine:v3.22', stderr);
  return [status, coverage[0].status, verdict];
}

test('passes a gate with a current published database', () => {
  assert.deepEqual(stateOf(fromPublished('current', [...scan, ...root, ...gate])), [0, 'complete', 'clean']);
});

test('ends with 4 at a gate if the publisher last checked the feeds over a day ago, unless that is accepted', async () => {
  const name = await outdated('checked two days ago', 2);
  for (const trust of [root, []]) {
    assert.deepEqual(stateOf(fromPublished(name, [...scan, ...trust])), [0, 'stale', 'clean']);
    const judged = fromPublished(name, [...scan, ...trust, ...gate]);
    assert.deepEqual(stateOf(judged), [4, 'stale', 'clean']);
    assert.match(
      judged.stderr,
      /^clair: not judged: the published advisories of alpine:v3\.22 may be out of date$/m,
    );
    assert.match(judged.stderr, /^clair: name a current published database .* --accept-expired$/m);
    const accepted = fromPublished(name, [...scan, ...trust, ...gate, '--accept-expired']);
    assert.deepEqual(stateOf(accepted), [0, 'stale', 'clean']);
  }
});

test('passes a gate in spite of signatures that have expired only if that is accepted', async () => {
  const name = await outdated('signed a month ago', 0, 30);
  const refused = fromPublished(name, [...scan, ...root, ...gate]);
  assert.deepEqual(stateOf(refused), [4, 'missing', 'not-assessed']);
  const accepted = fromPublished(name, [...scan, ...root, ...gate, '--accept-expired']);
  assert.deepEqual(stateOf(accepted), [0, 'stale', 'clean']);
});

/** Makes the next scan ask all places of a cache again, as after two hours. */
function askAgain(cache: string): void {
  const directory = join(cache, 'clair/catalogues');
  for (const name of readdirSync(directory).filter((one) => one.endsWith('.json'))) {
    const state = JSON.parse(readFileSync(join(directory, name), 'utf8')) as object;
    const checkedAt = new Date(Date.now() - dayMs).toISOString();
    writeFileSync(join(directory, name), JSON.stringify({ ...state, checkedAt }));
  }
}

test('uses the cache when a place is unreachable, and ends with 4 at a gate if that is out of date', async (t) => {
  const server = await serveLayout(t, join(place, await outdated('soon unreachable', 1.1)));
  const cache = join(place, 'cache of unreachable');
  const run = async (...options: string[]): Promise<Run> => {
    const args = [...scan, ...options, '--from', server.url, ...root, '--db', join(place, 'unreachable.db')];
    return await clairBeside(args, { XDG_CACHE_HOME: cache });
  };
  done(await run());
  server.intercept = (_request, response) => {
    response.destroy();
    return true;
  };
  for (const [options, status] of [
    [[], 0],
    [gate, 4],
    [[...gate, '--accept-expired'], 0],
  ] as const) {
    askAgain(cache);
    const scanned = await run(...options);
    assert.deepEqual(stateOf(scanned), [status, 'stale', 'clean']);
    assert.match(scanned.stderr, /^clair: cannot fetch http:/m);
  }
});
