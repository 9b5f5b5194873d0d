import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { Report } from '../../src/model/report.ts';
import { buildImage, ociFiles, writeFiles } from '../../src/testing/image-builder.ts';
import { temporaryDirectory, temporarySchema } from '../../src/testing/store-engines.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { clair, scratch } from './clair.ts';
import { debianRegistry, noRegistry } from './debian-registry.ts';
import { runServer, type ServeProcess } from './serve-process.ts';

const timeout = 240_000;
const skip = noRegistry;

const mirror = join(scratch, 'fleet-mirror');
for (const [repository, packages] of [
  ['main', [{ pkg: { name: 'busybox', secfixes: { '1.36.1-r0': ['CVE-2026-1'] } } }]],
  ['community', []],
] as const) {
  const file = join(mirror, `secdb.alpinelinux.org/v3.19/${repository}.json`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ distroversion: 'v3.19', reponame: repository, packages }));
}

const base = tar([
  { path: 'etc/os-release', content: 'ID=alpine\nVERSION_ID=3.19.1\n' },
  { path: 'lib/apk/db/installed', content: 'C:Q1\nP:busybox\nV:1.36.0-r0\nA:x86_64\no:busybox\n\n' },
]);

/** Pushes an image of a common base and a layer of its own. */
async function push(registry: Awaited<ReturnType<typeof debianRegistry>>, tag: string): Promise<void> {
  const layout = join(scratch, `fleet ${registry.port} ${tag}`);
  const own = tar([{ path: 'tag', content: tag }]);
  const built = buildImage({ compression: 'gzip', steps: [{ tar: base }, { tar: own }] });
  await writeFiles(layout, ociFiles([built]));
  registry.push(layout, `shop:${tag}`);
}

const engines = [
  ['sqlite', (t: TestContext) => ({ CLAIR_DATABASE_OPTIONS_PATH: join(temporaryDirectory(t), 'clair.db') })],
  [
    'postgresql',
    async (t: TestContext) => ({
      CLAIR_DATABASE_TYPE: 'pgsql',
      CLAIR_DATABASE_OPTIONS_SOURCE: await temporarySchema(t),
    }),
  ],
] as const;

interface JobState {
  readonly id: string;
  readonly state: string;
  readonly step: string | null;
  readonly error: string | null;
  readonly digest: string | null;
  readonly report?: string;
}

function client({ ports }: Pick<ServeProcess, 'ports'>) {
  const url = (path: string): string => `http://127.0.0.1:${ports.api}${path}`;
  const post = async (path: string, body?: unknown): Promise<Response> =>
    await fetch(url(path), { method: 'POST', ...(body !== undefined && { body: JSON.stringify(body) }) });
  const get = async (path: string, accept = '*/*'): Promise<Response> =>
    await fetch(url(path), { headers: { accept } });
  const job = async (id: string): Promise<JobState> =>
    (await (await get(`/api/v1/jobs/${id}`)).json()) as JobState;
  const scan = async (reference: string): Promise<JobState> => {
    const response = await post('/api/v1/images', { reference });
    const posted = (await response.json()) as JobState;
    assert.equal(response.status, 202, JSON.stringify(posted));
    assert.equal(response.headers.get('location'), `/api/v1/jobs/${posted.id}`);
    return posted;
  };
  const ended = async (id: string): Promise<JobState> => {
    for (let state = await job(id); ; state = await job(id)) {
      if (state.state === 'done' || state.state === 'failed') return state;
      await setTimeout(100);
    }
  };
  return { post, get, scan, ended };
}

function settings(port: number): Record<string, string> {
  return {
    CLAIR_API_ADDR: '127.0.0.1:0',
    CLAIR_API_HEALTHADDR: '127.0.0.1:0',
    CLAIR_UPDATER_MIRROR: mirror,
    CLAIR_UPDATER_ENABLEDUPDATERS: 'alpine',
    CLAIR_UPDATER_SOURCES_ALPINE_FEEDS: 'v3.19/main,v3.19/community',
    CLAIR_IMAGES_REGISTRIES: `127.0.0.1:${port}`,
  };
}

async function isLoaded({ ports }: ServeProcess): Promise<void> {
  while ((await fetch(`http://127.0.0.1:${ports.health}/ready`)).status !== 200) await setTimeout(100);
}

for (const [name, place] of engines) {
  test(`${name}: scans an image of a registry by its reference, and gives its report in every format`, {
    skip,
    timeout,
  }, async (t) => {
    const registry = await debianRegistry(t);
    await push(registry, '1');
    const server = await runServer(t, ['serve'], { ...settings(registry.port), ...(await place(t)) });
    await isLoaded(server);
    const { scan, ended, get } = client(server);
    const reference = `127.0.0.1:${registry.port}/shop:1`;
    const done = await ended((await scan(reference)).id);
    assert.deepEqual([done.state, done.error], ['done', null]);
    const path = done.report ?? assert.fail();
    const response = await get(path);
    const report = (await response.json()) as Report;
    assert.equal(response.status, 200, JSON.stringify(report));
    const local = clair([
      'scan',
      `registry:${reference}`,
      '--mirror',
      mirror,
      '--no-lookups',
      '--format',
      'json',
      '--db',
      ':memory:',
    ]);
    const expected = JSON.parse(local.stdout) as Report;
    for (const part of ['target', 'distro', 'layers', 'packages', 'matches', 'verdict'] as const)
      assert.deepEqual(report[part], expected[part], part);
    assert.deepEqual(
      report.matches.map(({ vulnerability }) => vulnerability.id),
      ['CVE-2026-1'],
    );
    for (const [query, accept, start] of [
      ['', 'application/sarif+json', '{'],
      ['', 'text/html', '<!'],
      ['?format=table', '*/*', '127.0.0.1'],
      ['?format=cyclonedx', '*/*', '{'],
    ] as const) {
      const answer = await get(path + query, accept);
      const text = await answer.text();
      assert.deepEqual([answer.status, text.startsWith(start)], [200, true], text.slice(0, 200));
    }
    const listed = (await (await get('/api/v1/images')).json()) as {
      images: { names: { name: string }[] }[];
    };
    assert.deepEqual(
      listed.images.flatMap(({ names }) => names.map((each) => each.name)),
      [reference],
    );
    const affected = (await (await get('/affected/CVE-2026-1')).json()) as { images: { names: string[] }[] };
    assert.deepEqual(
      affected.images.map(({ names }) => names),
      [[reference]],
    );
  });

  test(`${name}: refuses what may not be scanned, and shows why a scan failed`, {
    skip,
    timeout,
  }, async (t) => {
    const registry = await debianRegistry(t);
    const server = await runServer(t, ['serve'], { ...settings(registry.port), ...(await place(t)) });
    const { scan, ended, get, post } = client(server);
    for (const [response, status, detail] of [
      [await post('/api/v1/images', { reference: 'other.example/shop:1' }), 403, /images\.registries/],
      [await post('/api/v1/images', { reference: 'alpine:3.20' }), 403, /docker\.io/],
      [await post('/api/v1/images', { reference: 'a b' }), 400, /not a reference/],
      [await post('/api/v1/images', { reference: 'a', credentialsRef: 'x' }), 400, /the body must be/],
      [await get('/api/v1/jobs/unknown'), 404, /no such job/],
      [await get('/api/v1/images/x/report'), 400, /sha256/],
      [await get(`/api/v1/images/sha256:${'0'.repeat(64)}/report`), 404, /no image has/],
      [await get(`/api/v1/images/sha256:${'0'.repeat(64)}/report`, 'image/png'), 406, /image\/png/],
      [await get('/api/v1/images?color=red'), 400, /unknown parameter color/],
    ] as const) {
      const problem = (await response.json()) as { status: number; detail: string };
      assert.equal(response.headers.get('content-type'), 'application/problem+json');
      assert.deepEqual([response.status, problem.status], [status, status]);
      assert.match(problem.detail, detail);
    }
    const { id } = await scan(`127.0.0.1:${registry.port}/missing:1`);
    const failed = await ended(id);
    assert.deepEqual([failed.state, failed.step], ['failed', 'open the image']);
    assert.match(failed.error ?? '', /manifest unknown/);
    await push(registry, 'later');
    await push(
      {
        ...registry,
        push: (layout) => {
          registry.push(layout, 'missing:1');
        },
      },
      '1',
    );
    assert.equal((await post(`/api/v1/jobs/${id}/retry`)).status, 200);
    assert.equal((await ended(id)).state, 'done');
  });

  test(`${name}: another server ends the scans of one that was killed`, { skip, timeout }, async (t) => {
    const registry = await debianRegistry(t);
    const tags = Array.from({ length: 6 }, (_, i) => String(i));
    for (const tag of tags) await push(registry, tag);
    const env = { ...settings(registry.port), ...(await place(t)) };
    const first = await runServer(t, ['serve'], env);
    const { scan } = client(first);
    const ids: string[] = [];
    for (const tag of tags) ids.push((await scan(`127.0.0.1:${registry.port}/shop:${tag}`)).id);
    await setTimeout(Math.random() * 1000);
    first.signal('SIGKILL');
    const second = client(await runServer(t, ['serve'], env));
    for (const id of ids) {
      const { state, error } = await second.ended(id);
      assert.equal(state, 'done', error ?? '');
    }
    const { images } = (await (await second.get('/api/v1/images')).json()) as {
      images: { names: object[] }[];
    };
    assert.deepEqual(
      images.map(({ names }) => names.length),
      tags.map(() => 1),
    );
  });
}
