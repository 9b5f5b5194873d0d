import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { followStream, type StreamedEvent } from '../../src/testing/event-stream.ts';
import { buildImage } from '../../src/testing/image-builder.ts';
import { sharedEngines, temporaryDirectory } from '../../src/testing/store-engines.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { runServer } from './serve-process.ts';
import { bookworm, dpkgStatus, fixedIn, osRelease, startV1, statuses, type V1Client } from './v1-client.ts';

const { layers } = buildImage({
  steps: [
    {
      tar: tar([
        osRelease,
        { path: 'var/lib/dpkg/status', content: dpkgStatus({ curl: '7.1', bash: '5.2' }) },
      ]),
    },
    { tar: tar([{ path: 'opt/app', content: '' }]) },
  ],
});
const [base = assert.fail(), app = assert.fail()] = layers;

/** Posts an image of two layers, the upper one under several names, and a vulnerability of a package in the lower one. */
async function postImage(t: TestContext, clair: V1Client, names: readonly string[]): Promise<void> {
  const directory = temporaryDirectory(t);
  const [lower, upper] = [join(directory, 'base'), join(directory, 'app')];
  writeFileSync(lower, base.bytes);
  writeFileSync(upper, app.bytes);
  const answers = [await clair.postLayer({ Name: 'base', Path: lower })];
  for (const Name of names) answers.push(await clair.postLayer({ Name, Path: upper, ParentName: 'base' }));
  answers.push(await clair.postVulnerability({ Name: 'CVE-2026-1', FixedIn: fixedIn('curl', '7.2') }));
  assert.deepEqual(new Set(statuses(answers)), new Set([201]));
}

interface AffectedPage {
  readonly images: readonly {
    readonly identity: string;
    readonly names: readonly string[];
    readonly packages: readonly {
      readonly name: string;
      readonly location: { readonly layer: string };
      readonly fix: unknown;
    }[];
  }[];
  readonly next?: string;
}

for (const engine of sharedEngines) {
  test(`${engine.name}: pages through the affected images, with layer and fix`, async (t) => {
    const clair = await startV1(t, await engine.createLocation(t));
    await postImage(t, clair, ['app:1', 'app:2']);
    const pages: AffectedPage[] = [];
    for (let after = ''; ; ) {
      const { status, body } = await clair.get(`/affected/CVE-2026-1?limit=1${after}`);
      assert.equal(status, 200);
      const page = JSON.parse(body) as AffectedPage;
      pages.push(page);
      if (page.next === undefined) break;
      after = `&after=${page.next}`;
    }
    const listed = pages
      .flatMap(({ images }) => images)
      .flatMap(({ names, packages }) =>
        packages.map(({ name, location: { layer }, fix }) => [names, name, layer, fix]),
      );
    const fix = { state: 'fixed', version: '7.2' };
    assert.equal(pages.length, 2);
    assert.deepEqual(listed, [
      [['base'], 'curl', base.diffId, fix],
      [['app:1', 'app:2'], 'curl', base.diffId, fix],
    ]);
    const unknown = await clair.get('/affected/CVE-2026-2');
    assert.equal(unknown.status, 404);
  });

  test(`${engine.name}: misses no event when a client reconnects to one of several servers again and again`, async (t) => {
    const place = await engine.createLocation(t);
    const servers = [await startV1(t, place), await startV1(t, place)] as const;
    const count = 40;
    const seen: unknown[] = [];
    const stops = new Set<number>();
    const follow = async (): Promise<void> => {
      for (let lastId = '0', i = 0; seen.length < count; i++) {
        const stream = await followStream((servers[i % 2] ?? servers[0]).url('/events?after=0'), {
          'Last-Event-ID': lastId,
        });
        let left = 1 + (i % 5);
        for await (const { type, data } of stream) {
          if (type === 'message') {
            const { number, new: is } = data as { number: number; new: { affected: unknown } };
            seen.push(number);
            assert.deepEqual(is.affected, []);
          }
          if (--left === 0 || seen.length === count) break;
        }
        ({ lastId } = stream);
        stops.add(seen.length);
      }
    };
    const post = async (clair: V1Client, from: number): Promise<void> => {
      for (let i = from; i < count; i += 2) await clair.postVulnerability({ Name: `CVE-2026-${i}` });
    };
    await Promise.all([follow(), ...servers.map(post)]);
    assert.deepEqual(
      seen,
      Array.from({ length: count }, (_, i) => i + 1),
    );
    assert.ok(stops.size > 5);
  });
}

test('serves events to a client with read access and refuses others', async (t) => {
  const [engine = assert.fail()] = sharedEngines;
  const sum = createHash('sha256').update('secret').digest('hex');
  const clair = await startV1(t, await engine.createLocation(t), { CLAIR_API_TOKENS: `read:${sum}` });
  for (const path of ['/events', '/affected/CVE-2026-1']) {
    const allowed = await followStream(clair.url(path), { authorization: 'Bearer secret' });
    const refused = await followStream(clair.url(path));
    assert.deepEqual([allowed.status, refused.status], [path === '/events' ? 200 : 404, 401]);
    allowed.close();
  }
});

test('ends event streams cleanly on shutdown and resumes after the last event', async (t) => {
  const [engine = assert.fail()] = sharedEngines;
  const place = await engine.createLocation(t);
  const env = {
    CLAIR_DATABASE_OPTIONS_PATH: place,
    CLAIR_API_ADDR: '127.0.0.1:0',
    CLAIR_API_HEALTHADDR: '127.0.0.1:0',
    CLAIR_UPDATER_INTERVAL: '0',
  };
  const server = await runServer(t, ['serve'], env);
  const stream = await followStream(server.clair.url('/events'));
  const listed: StreamedEvent[] = [];
  const ended = (async () => {
    for await (const event of stream) {
      listed.push(event);
      if (event.type === 'message') await server.end();
      else await server.clair.postVulnerability({ Name: 'CVE-2026-1', NamespaceName: bookworm });
    }
  })();
  await ended;
  assert.deepEqual([listed.length, stream.isBroken, stream.lastId], [2, false, '1']);
  const next = await runServer(t, ['serve'], env);
  await next.clair.postVulnerability({ Name: 'CVE-2026-2', NamespaceName: bookworm });
  const again = await followStream(next.clair.url('/events'), { 'Last-Event-ID': stream.lastId });
  for await (const { type, data } of again) {
    if (type === 'start') continue;
    assert.equal((data as { id: string }).id, 'CVE-2026-2');
    break;
  }
});
