import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseDigest } from '../../src/model/digest.ts';
import type { ImagePackage } from '../../src/store/image-store.ts';
import {
  affectedRow,
  ancestry,
  bookworm,
  feedUpdate,
  image,
  record,
  stream,
} from '../../src/testing/store-content.ts';
import { sharedEngines } from '../../src/testing/store-engines.ts';
import { requireKey } from '../../src/testing/version-scheme.ts';
import { dpkg } from '../../src/version/dpkg.ts';
import { clair, inCheckout, type Run, scratch } from './clair.ts';

const layer = parseDigest(`sha256:${'0123456789ab'.repeat(6).slice(0, 64)}`) ?? assert.fail();

function packageOf(name: string, version: string): ImagePackage {
  return {
    type: 'deb',
    name,
    version,
    source: { name, version },
    purl: `pkg:deb/debian/${name}@${version}`,
    location: { path: 'var/lib/dpkg/status', layer },
    foundBy: 'dpkg',
    lookup: { namespace: bookworm, name, version, key: requireKey(dpkg, version) },
  };
}

const fixed = affectedRow('openssl', {
  range: { to: '3.0.13-1' },
  fix: { state: 'fixed', version: '3.0.13-1' },
  keys: { lo: new Uint8Array(), hi: requireKey(dpkg, '3.0.13-1') },
});
const unfixed = affectedRow('zlib', {
  range: {},
  fix: { state: 'will-not-fix' },
  keys: { lo: new Uint8Array(), hi: Uint8Array.of(0xff) },
});

const ofEach = `${layer},var/lib/dpkg/status,yes`;
const expectedCsv = [
  'image,vulnerability,severity,type,package,version,fix_state,fixed_in,layer,path,certain',
  `/images/mill.tar,CVE-2026-1,Medium,deb,openssl,3.0.9-1,fixed,3.0.13-1,${ofEach}`,
  `"registry/shop:1, registry/shop:2",CVE-2026-1,Medium,deb,openssl,3.0.11-1,fixed,3.0.13-1,${ofEach}`,
  `"registry/shop:1, registry/shop:2",CVE-2026-1,Medium,deb,zlib,1.2-1,will-not-fix,,${ofEach}`,
  '',
].join('\n');

for (const engine of sharedEngines)
  test(`${engine.name}: clair affected lists the images with package, fix and layer, also as CSV`, async (t) => {
    const place = await engine.createLocation(t);
    {
      await using store = await engine.open(place);
      const records = [
        record('CVE-2026-1', { aliases: ['DSA-1'], affected: [fixed, unfixed] }),
        record('CVE-2026-2', { affected: [affectedRow('unused')] }),
      ];
      await store.advisories.apply(feedUpdate(), stream(records));
      const shop = [packageOf('openssl', '3.0.11-1'), packageOf('zlib', '1.2-1')];
      const number = await store.images.save(image(shop, 'reader\nsha256:shop'));
      for (const name of ['registry/shop:2', 'registry/shop:1'])
        await store.ancestries.save(ancestry(name, number));
      await store.images.save(image([packageOf('openssl', '3.0.9-1')], `reader\n/images/mill.tar#1.2@3+4`));
      await store.images.save(image([packageOf('openssl', '3.0.13-1')], `reader\nsha256:mended`));
    }
    const affected = (...args: string[]): Run => clair(['affected', ...args, '--db', place]);
    const table = affected('DSA-1');
    assert.deepEqual([table.status, table.stderr], [0, '']);
    assert.equal(
      table.stdout,
      [
        'IMAGE                             SEVERITY  PACKAGES       INSTALLED        FIXED IN                LAYER',
        '/images/mill.tar                  Medium    openssl        3.0.9-1          3.0.13-1                0123456789ab',
        'registry/shop:1, registry/shop:2  Medium    openssl, zlib  3.0.11-1, 1.2-1  3.0.13-1, will not fix  0123456789ab',
        '',
        'DSA-1 affects 2 images, in 3 packages',
        '',
      ].join('\n'),
    );
    const json = affected('CVE-2026-1', '--format', 'json');
    const fix = { state: 'fixed', version: '3.0.13-1' };
    assert.equal(json.status, 0);
    assert.deepEqual(JSON.parse(json.stdout), {
      schemaVersion: 1,
      vulnerability: 'CVE-2026-1',
      images: [
        entry('reader\n/images/mill.tar#1.2@3+4', [], 'openssl', { version: '3.0.9-1', fix }),
        entry('reader\nsha256:shop', ['registry/shop:1', 'registry/shop:2'], 'openssl', {
          ...{ version: '3.0.11-1', fix },
        }),
        entry('reader\nsha256:shop', ['registry/shop:1', 'registry/shop:2'], 'zlib', {
          ...{ version: '1.2-1', fix: { state: 'will-not-fix' } },
        }),
      ],
      counts: { images: 2, packages: 3 },
    });
    assert.equal(affected('CVE-2026-1', '--format', 'csv').stdout, expectedCsv);
    assert.equal(affected('dsa-1').stdout.replaceAll('dsa-1', 'DSA-1'), table.stdout);
    const none = affected('CVE-2026-2');
    assert.deepEqual([none.status, none.stdout], [0, 'CVE-2026-2 affects no image in the database\n']);
    assert.deepEqual(JSON.parse(affected('CVE-2026-2', '--format', 'json').stdout), {
      ...{ schemaVersion: 1, vulnerability: 'CVE-2026-2', images: [], counts: { images: 0, packages: 0 } },
    });
    const unknown = affected('CVE-2026-3');
    assert.deepEqual([unknown.status, unknown.stdout], [2, '']);
    assert.match(unknown.stderr, /no advisory in the database covers CVE-2026-3/);
  });

function entry(
  identity: string,
  names: readonly string[],
  name: string,
  { version, fix }: { readonly version: string; readonly fix: object },
): object {
  const source = { name, version };
  const location = { path: 'var/lib/dpkg/status', layer };
  const item = { type: 'deb', name, version, source, purl: `pkg:deb/debian/${name}@${version}`, location };
  return { identity, names, certain: true, packages: [{ ...item, fix, severity: 'Medium' }] };
}

test('refuses wrong options of clair affected, and a missing database', () => {
  for (const [args, status] of [
    [['affected'], 2],
    [['affected', 'CVE-2026-1', '--format', 'xml'], 2],
    [['affected', 'CVE-2026-1', '--db', join(inCheckout('package.json'), 'clair.db')], 3],
  ] as const) {
    const run = clair(args);
    assert.deepEqual([run.status, run.stdout], [status, ''], `${args.join(' ')}: ${run.stderr}`);
  }
});

test('lists an image once, and accepts an id in lower case', () => {
  const db = join(scratch, 'lower.db');
  const scan = ['scan', inCheckout('examples/image.tar'), '--mirror', inCheckout('examples/mirror')];
  assert.equal(clair([...scan, '--db', db]).status, 0);
  const upper = clair(['affected', 'CVE-2024-6119', '--db', db]);
  const lower = clair(['affected', 'cve-2024-6119', '--db', db]);
  assert.deepEqual([lower.status, lower.stdout.toUpperCase()], [0, upper.stdout.toUpperCase()], lower.stderr);
  assert.equal(lower.stdout.split('\n').filter((line) => line.includes('example/alpine:3.20')).length, 1);
});

test('names a scanned image as its archive does', () => {
  const db = join(scratch, 'scanned.db');
  const scan = ['scan', inCheckout('examples/image.tar'), '--mirror', inCheckout('examples/mirror')];
  assert.equal(clair([...scan, '--db', db]).status, 0);
  const { stdout } = clair(['affected', 'CVE-2024-6119', '--db', db]);
  assert.match(
    stdout,
    /^docker\.io\/example\/alpine:3\.20 +Medium +libcrypto3, libssl3 +3\.3\.1-r0 +3\.3\.2-r0 +[\da-f]{12}$/m,
  );
});
