import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtIn as extensions } from '../../../extensions.ts';
import { countFindings } from '../../../service/finding-counts/count-findings.ts';
import { debianImage, debianRecord, fleetServer } from '../../../testing/fleet-server.ts';
import { buildImage } from '../../../testing/image-builder.ts';
import { feedUpdate, stream } from '../../../testing/store-content.ts';
import { storeEngines } from '../../../testing/store-engines.ts';
import { tar } from '../../../testing/tar-writer.ts';

interface Sources {
  readonly sources: readonly { readonly source: string; readonly images: number | null }[];
  readonly imagesCountedAt: string | null;
}

interface Images {
  readonly images: readonly { readonly digest: string }[];
}

const alpineImage = buildImage({
  compression: 'gzip',
  steps: [
    {
      tar: tar([
        { path: 'etc/os-release', content: 'ID=alpine\nVERSION_ID=3.20.1\n' },
        { path: 'lib/apk/db/installed', content: 'C:Q1\nP:busybox\nV:1-r0\nA:x86_64\no:busybox\n\n' },
      ]),
    },
  ],
});

for (const engine of storeEngines.filter(({ name }) => name !== 'sqlite file'))
  test(`${engine.name}: counts the images that rely on each source, as its list has them`, async (t) => {
    const { store, clock, applyDebian, scan, get, refusal } = await fleetServer(t, { extensions, engine });
    await applyDebian([debianRecord('CVE-2026-1', 'openssl', { fixed: '1' })]);
    await store.enrichments.apply(feedUpdate({ source: 'kev', feed: 'catalogue' }), stream([]));
    // Images rely on the feeds of Alpine nevertheless.
    const failure = { at: new Date(clock.at).toISOString(), message: 'no route to host' };
    const main = { source: 'alpine', feed: 'v3.20/main', sourceVersion: 1, origin: 'upstream' };
    await store.advisories.recordFailure(main, failure);
    const debian = [await scan(debianImage('openssl 0'), '1'), await scan(debianImage('zlib 1'), '2')];
    const alpine = [await scan(alpineImage, '3')];
    const uncounted = await get<Sources>('/sources');
    assert.deepEqual(
      [uncounted.sources.map(({ images }) => images), uncounted.imagesCountedAt],
      [[null, null, null], null],
    );
    assert.equal((await refusal('/images?source=debian'))[0], 503);
    await countFindings({ store, extensions, signal: new AbortController().signal });
    const { sources, imagesCountedAt } = await get<Sources>('/sources');
    assert.equal(imagesCountedAt, failure.at);
    assert.deepEqual(
      sources.map(({ source, images }) => [source, images]),
      [
        ['alpine', 1],
        ['debian', 2],
        ['kev', null],
      ],
    );
    const digestsOf = async (source: string): Promise<string[]> =>
      (await get<Images>(`/images?source=${source}`)).images.map(({ digest }) => digest);
    assert.deepEqual(await digestsOf('debian'), debian);
    assert.deepEqual(await digestsOf('alpine'), alpine);
    assert.deepEqual(await digestsOf('arch'), []);
    assert.deepEqual(await refusal('/images?source=kev'), [404, 'no source of advisories has the name kev']);
  });
