import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtIn as extensions } from '../../../extensions.ts';
import { countFindings } from '../../../service/finding-counts/count-findings.ts';
import { debianImage, debianRecord, fleetServer } from '../../../testing/fleet-server.ts';
import { buildImage } from '../../../testing/image-builder.ts';
import { storeEngines } from '../../../testing/store-engines.ts';
import { type TarEntryPlan, tar } from '../../../testing/tar-writer.ts';

interface UnassessedSummary {
  readonly notAssessed: {
    readonly images: number;
    readonly uncounted: number;
    readonly reasons: readonly { readonly reason: string; readonly namespace: string | null }[];
  };
}

interface Images {
  readonly images: readonly {
    readonly digest: string;
    readonly assessed: false | null;
  }[];
  readonly next?: string | number;
}

function imageOf(...files: readonly TarEntryPlan[]) {
  return buildImage({ compression: 'gzip', steps: [{ tar: tar(files) }] });
}

const nothing = imageOf({ path: 'data', content: 'text' });
const alpine = imageOf(
  { path: 'etc/os-release', content: 'ID=alpine\nVERSION_ID=3.20.1\n' },
  { path: 'lib/apk/db/installed', content: 'C:Q1\nP:busybox\nV:1-r0\nA:x86_64\no:busybox\n\n' },
);
const damaged = imageOf(
  { path: 'etc/os-release', content: 'ID=debian\nVERSION_ID=12\n' },
  { path: 'var/lib/rpm/rpmdb.sqlite', content: 'no database' },
  { path: 'var/lib/dpkg/status', content: 'Package: a\nStatus: install ok installed\nVersion: 1\n\n' },
);

for (const engine of storeEngines.filter(({ name }) => name !== 'sqlite file'))
  test(`${engine.name}: lists images of which nothing is known, an advisory source is missing, or a part cannot be read`, async (t) => {
    const { get, scan, store, applyDebian } = await fleetServer(t, { extensions, engine });
    const count = () => countFindings({ store, extensions, signal: new AbortController().signal });
    await applyDebian([debianRecord('CVE-2026-1', 'openssl', { fixed: '1' })]);
    await scan(debianImage('zlib 1-1'), 'clean');
    await count();
    assert.equal((await get<UnassessedSummary>('/summary')).notAssessed.images, 0);
    const scanned = [
      await scan(nothing, 'nothing'),
      await scan(alpine, 'alpine'),
      await scan(damaged, 'damaged'),
    ];
    await count();
    const alpineReason = ['main', 'community'].map(
      (feed) => `the feed alpine v3.20/${feed} was never loaded`,
    );
    const { notAssessed } = await get<UnassessedSummary>('/summary');
    assert.deepEqual(notAssessed, {
      images: 3,
      uncounted: 0,
      reasons: [
        { code: 'unread', namespace: null, reason: 'a part could not be read', images: 1 },
        {
          code: 'no-namespace',
          namespace: null,
          reason: 'no package has a namespace for which advisories are published',
          images: 1,
        },
        { code: 'never-loaded', namespace: 'alpine:v3.20', reason: alpineReason.join('; '), images: 1 },
      ],
    });
    // Pages are as long as with any other filter.
    const first = await get<Images>('/images?assessed=false&limit=2');
    assert.equal(first.images.length, 2);
    const second = await get<Images>(`/images?assessed=false&limit=2&after=${first.next}`);
    const listed = [...first.images, ...second.images];
    assert.deepEqual(
      listed.map(({ digest }) => digest),
      scanned,
    );
    assert.ok(listed.every(({ assessed }) => assessed === false));
    const others = await get<Images>('/images?assessed=true');
    const all = await get<Images>('/images');
    assert.deepEqual(
      others.images.map(({ digest }) => digest),
      all.images.map(({ digest }) => digest).filter((digest) => !scanned.includes(digest)),
    );
    assert.ok(others.images.length > 0 && others.images.every(({ assessed }) => assessed === null));
    const ofAlpine = await get<Images>('/images?assessed=false&namespace=alpine:v3.20');
    assert.deepEqual(
      ofAlpine.images.map(({ digest }) => digest),
      [scanned[1]],
    );
    const ofNone = await get<Images>('/images?assessed=false&namespace=none');
    assert.deepEqual(
      ofNone.images.map(({ digest }) => digest),
      [scanned[0]],
    );
  });
