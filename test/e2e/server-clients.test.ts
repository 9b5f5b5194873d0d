import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { V1Layer } from '../../src/api/http/v1/types.ts';
import { serveHttp } from '../../src/testing/http-server.ts';
import { type BuiltLayer, buildImage } from '../../src/testing/image-builder.ts';
import { sharedEngines, temporaryDirectory } from '../../src/testing/store-engines.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { runServer } from './serve-process.ts';
import { dpkgStatus, fixedIn, osRelease, startV1, statuses } from './v1-client.ts';

const old = { curl: '7.88.1-10+deb12u4', openssl: '3.0.11-1~deb12u1' };
const { layers } = buildImage({
  compression: 'gzip',
  steps: [
    {
      tar: tar([
        osRelease,
        { path: 'var/lib/dpkg/status', content: dpkgStatus(old) },
        { path: 'var/lib/dpkg/status.d/tzdata', content: dpkgStatus({ tzdata: '2024a-0+deb12u1' }) },
      ]),
    },
    {
      tar: tar([
        { path: 'var/lib/dpkg/status', content: dpkgStatus({ ...old, openssl: '3.0.13-1~deb12u1' }) },
      ]),
    },
    { tar: tar([{ path: 'var/lib/dpkg/status.d/.wh.tzdata', content: '' }]) },
    { tar: tar([]) },
  ],
});
const names = layers.map(({ digest }) => digest as string);
const [base = '', upgraded = '', whitened = '', top = ''] = names;
const authorization = 'Bearer pull-token';

/** A registry that serves blobs to clients with the token. */
async function registry(t: TestContext, blobs: readonly BuiltLayer[]) {
  const asked: string[] = [];
  const url = await serveHttp(t, (request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    const blob = blobs.find(({ digest }) => path === `/v2/library/app/blobs/${digest}`);
    if (request.headers.authorization !== authorization) response.writeHead(401).end();
    else if (blob === undefined) response.writeHead(404).end();
    else response.end(blob.bytes);
  });
  return { url, asked };
}

/** Layers as Klar posts them: named by their digests, the base first. */
function posts(url: string, headers: V1Layer['Headers']): V1Layer[] {
  return names.map((name, i) => ({
    Name: name,
    Path: `${url}/v2/library/app/blobs/${name}`,
    Headers: headers ?? {},
    ParentName: names[i - 1] ?? '',
  }));
}

/** Returns the packages of a layer: version, introducing layer, and vulnerabilities with their fixes. */
function packagesOf({ Features = [] }: V1Layer): Record<string, unknown> {
  return Object.fromEntries(
    Features.map(({ Name = '', Version, NamespaceName, AddedBy, Vulnerabilities = [] }) => [
      Name,
      [Version, NamespaceName, AddedBy, ...Vulnerabilities.map((one) => `${one.Name} ${one.FixedBy}`)],
    ]),
  );
}

for (const engine of sharedEngines) {
  test(`${engine.name}: a client posts an image layer by layer and reads its vulnerabilities`, async (t) => {
    const clair = await startV1(t, await engine.createLocation(t));
    const { url, asked } = await registry(t, layers);
    for (const refused of posts(url, {}).slice(0, 1))
      assert.deepEqual(statuses([await clair.postLayer(refused)]), [400]);
    const orders = posts(url, { Authorization: authorization });
    for (const order of orders) assert.deepEqual(statuses([await clair.postLayer(order)]), [201]);
    assert.equal(asked.length, 1 + orders.length);
    const advisories = [
      { Name: 'CVE-2024-0001', FixedIn: fixedIn('openssl', '3.0.13-1~deb12u1') },
      { Name: 'CVE-2024-0002', FixedIn: fixedIn('curl', '7.88.1-10+deb12u5') },
      { Name: 'CVE-2024-0003', FixedIn: fixedIn('openssl', '3.0.14-1~deb12u2') },
    ];
    for (const advisory of advisories) await clair.postVulnerability(advisory);

    const found = await clair.layer(top);
    assert.deepEqual([found.Name, found.ParentName, found.NamespaceName], [top, whitened, 'debian:12']);
    const [curl, fixed] = ['CVE-2024-0002 7.88.1-10+deb12u5', 'CVE-2024-0003 3.0.14-1~deb12u2'];
    assert.deepEqual(packagesOf(found), {
      curl: [old.curl, 'debian:12', base, curl],
      openssl: ['3.0.13-1~deb12u1', 'debian:12', upgraded, fixed],
    });
    assert.deepEqual(packagesOf(await clair.layer(base)), {
      curl: [old.curl, 'debian:12', base, curl],
      openssl: [old.openssl, 'debian:12', base, 'CVE-2024-0001 3.0.13-1~deb12u1', fixed],
      tzdata: ['2024a-0+deb12u1', 'debian:12', base],
    });

    asked.length = 0;
    for (const order of orders) assert.deepEqual(statuses([await clair.postLayer(order)]), [201]);
    assert.deepEqual(asked, []);

    assert.equal((await clair.remove(`/v1/layers/${base}`)).status, 200);
    const gone = await Promise.all(names.map((name) => clair.get(`/v1/layers/${name}`)));
    assert.deepEqual(statuses(gone), [404, 404, 404, 404]);
  });

  test(`${engine.name}: clair serve shuts down cleanly during a layer post and continues with its data after a restart`, {
    timeout: 120_000,
  }, async (t) => {
    const place = await engine.createEmptyLocation(t);
    const config = configFile(t, engine.name === 'postgresql', place);
    const mute = await unfinished(t);
    const first = await runServer(t, ['serve', '--config', config]);
    assert.equal(await first.clair.health(), 200);
    const { url } = await registry(t, layers);
    for (const order of posts(url, { Authorization: authorization })) await first.clair.postLayer(order);
    const pending = first.clair.postLayer({ Name: 'late', Path: mute.url });
    const stuck = first.clair.postLayer({ Name: 'stuck', Path: `${mute.url}/for-ever` });
    const response = await mute.asked('/');
    await mute.asked('/for-ever');
    const ended = first.end();
    await first.logged('stopping');
    response.end(layers[0]?.bytes);
    assert.equal((await pending).status, 201);
    const { status, seconds } = await ended;
    assert.equal(status, 0);
    assert.ok(seconds < 30, `it took ${seconds} s to end`);
    assert.equal((await stuck).status, 503);

    // The command line of Clair.
    const second = await runServer(t, [`-config=${config}`, '-log-level=debug']);
    assert.equal(await second.clair.health(), 200);
    assert.deepEqual(Object.keys(packagesOf(await second.clair.layer(top))), ['curl', 'openssl']);
    assert.equal((await second.clair.layer('late')).Features?.length, 3);
    assert.equal((await second.clair.get('/v1/layers/stuck')).status, 404);
    assert.equal((await second.end()).status, 0);
  });
}

/** A configuration of Clair 2. It also sets the origins of layers, because it listens on all addresses. */
function configFile(t: TestContext, isPostgres: boolean, place: string): string {
  const file = join(temporaryDirectory(t), 'config.yaml');
  const database = isPostgres ? { type: 'pgsql', option: 'source' } : { type: 'sqlite', option: 'path' };
  writeFileSync(
    file,
    `clair:
  database:
    type: ${database.type}
    options:
      ${database.option}: ${place}
      cachesize: 16384
      paginationkey:
  api:
    port: 0
    healthport: 0
    timeout: 900s
    servername:
    cafile:
    keyfile:
    certfile:
  worker:
    sources:
      policy: open
  updater:
    interval: 0
  notifier:
    attempts: 3
    renotifyinterval: 2h
    http:
      endpoint:
      proxy:
`,
  );
  return file;
}

/** A server that sends the head of a response and leaves the rest to the test. */
async function unfinished(t: TestContext) {
  const answers = new Map<string, PromiseWithResolvers<ServerResponse>>();
  const answer = (path: string): PromiseWithResolvers<ServerResponse> => {
    const known = answers.get(path) ?? Promise.withResolvers<ServerResponse>();
    answers.set(path, known);
    return known;
  };
  const url = await serveHttp(t, (request, response) => {
    response.writeHead(200).flushHeaders();
    answer(request.url ?? '').resolve(response);
  });
  return { url, asked: (path: string) => answer(path).promise };
}
