import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { Report } from '../../src/model/report.ts';
import { serveHttp } from '../../src/testing/http-server.ts';
import { temporaryDirectory } from '../../src/testing/store-engines.ts';
import { clair } from './clair.ts';
import { debianRegistry, noRegistry } from './debian-registry.ts';
import { engines, fleetClient, fleetSettings, isLoaded, type JobState, mirror, pushImage } from './fleet.ts';
import { runServer } from './serve-process.ts';

const timeout = 240_000;
const skip = noRegistry;

for (const [name, place] of engines) {
  test(`${name}: scans an image of a registry by its reference, and gives its report in every format`, {
    skip,
    timeout,
  }, async (t) => {
    const registry = await debianRegistry(t);
    await pushImage(registry, '1');
    const kept = { CLAIR_EXTRACTS_KEEP: 'store' };
    const settings = { ...fleetSettings(registry.port), ...kept, ...(await place(t)) };
    const server = await runServer(t, ['serve'], settings);
    await isLoaded(server);
    const { scan, ended, get } = fleetClient(server);
    const reference = `127.0.0.1:${registry.port}/shop:1`;
    const done = await ended((await scan(reference)).id);
    const metrics = await (await fetch(`http://127.0.0.1:${server.ports.health}/metrics`)).text();
    assert.match(metrics, /^clair_extract_writes_total\{outcome="written"\} 2$/m);
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
    const server = await runServer(t, ['serve'], { ...fleetSettings(registry.port), ...(await place(t)) });
    const { scan, ended, get, post } = fleetClient(server);
    for (const [response, status, detail] of [
      [await post('/api/v1/images', { reference: 'other.example/shop:1' }), 403, /images\.registries/],
      [await post('/api/v1/images', { reference: 'alpine:3.20' }), 403, /docker\.io/],
      [await post('/api/v1/images', { reference: 'a b' }), 400, /not a reference/],
      [await post('/api/v1/images', { reference: 'a', credentials: 'x' }), 400, /the body must be/],
      [
        await post('/api/v1/images', {
          reference: `127.0.0.1:${registry.port}/shop:1`,
          credentialsRef: 'team',
        }),
        400,
        /images\.credentials/,
      ],
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
    await pushImage(registry, 'later');
    await pushImage(
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
    for (const tag of tags) await pushImage(registry, tag);
    const env = { ...fleetSettings(registry.port), ...(await place(t)) };
    const first = await runServer(t, ['serve'], env);
    const { scan } = fleetClient(first);
    const ids: string[] = [];
    for (const tag of tags) ids.push((await scan(`127.0.0.1:${registry.port}/shop:${tag}`)).id);
    await setTimeout(Math.random() * 1000);
    first.signal('SIGKILL');
    const second = fleetClient(await runServer(t, ['serve'], env));
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

test('scans with the credentials that the request names', { skip, timeout }, async (t) => {
  const registry = await debianRegistry(t, { isPrivate: true });
  await pushImage(registry, '1');
  const folder = temporaryDirectory(t);
  const host = `127.0.0.1:${registry.port}`;
  const authFile = (name: string, password: string): string => {
    const file = join(folder, name);
    const auth = Buffer.from(`me:${password}`).toString('base64');
    writeFileSync(file, JSON.stringify({ auths: { [host]: { auth } } }));
    return file;
  };
  const config = join(folder, 'clair.json');
  const images = {
    authfile: authFile('all', 'wrong'),
    credentials: { team: { authfile: authFile('team', 'secret') } },
  };
  writeFileSync(config, JSON.stringify({ clair: { images } }));
  const server = await runServer(t, ['serve', '--config', config], {
    ...fleetSettings(registry.port),
    CLAIR_DATABASE_OPTIONS_PATH: join(folder, 'clair.db'),
    ...{ CLAIR_REGISTRY_HOST: host, CLAIR_REGISTRY_USERNAME: 'me', CLAIR_REGISTRY_PASSWORD: 'wrong' },
  });
  const { post, ended } = fleetClient(server);
  const scanned = async (credentialsRef?: string) => {
    const response = await post('/api/v1/images', { reference: `${host}/shop:1`, credentialsRef });
    return await ended(((await response.json()) as JobState).id);
  };
  const refused = await scanned();
  assert.equal(refused.state, 'failed');
  assert.match(refused.error ?? '', /401|unauthorized|credentials/i);
  const { state, error } = await scanned('team');
  assert.deepEqual([state, error], ['done', null]);
});

test('requests no internal host that a registry redirects to', { timeout }, async (t) => {
  const internal = await serveHttp(t, () => assert.fail('an internal host must not be requested'));
  const registry = await serveHttp(t, (_, response) => {
    response.writeHead(307, { location: `${internal}/meta-data` }).end();
  });
  const { host, port } = new URL(registry);
  const path = join(temporaryDirectory(t), 'clair.db');
  const settings = { ...fleetSettings(Number(port)), CLAIR_DATABASE_OPTIONS_PATH: path };
  const { scan, ended } = fleetClient(await runServer(t, ['serve'], settings));
  const { error } = await ended((await scan(`${host}/shop:1`)).id);
  assert.match(error ?? '', /it leads to 127\.0\.0\.1:\d+, which has no address, or none on the public/);
});
