import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { V1Layer } from '../../src/api/http/v1/types.ts';
import { limits } from '../../src/core/limits.ts';
import { serveHttp } from '../../src/testing/http-server.ts';
import { feedUpdate, record, stream } from '../../src/testing/store-content.ts';
import { sharedEngines, temporaryDirectory } from '../../src/testing/store-engines.ts';
import { type TarEntryPlan, tar } from '../../src/testing/tar-writer.ts';
import { runServer, type ServeProcess } from './serve-process.ts';
import {
  bookworm,
  dpkgStatus,
  fixedIn,
  osRelease,
  startV1,
  statuses,
  type V1Client,
  waitUntil,
} from './v1-client.ts';

const MiB = 1024 * 1024;
const timeout = 300_000;

test('a server writes only log lines in JSON', { timeout }, async (t) => {
  const server = await runOn(t, 'sqlite', join(temporaryDirectory(t), 'clair.db'));
  // The first health check loads gRPC, if nothing else has.
  assert.equal(await server.clair.health(), 200);
  await server.end();
  const written = server.written();
  assert.ok(written.length > 1);
  for (const line of written) assert.doesNotThrow(() => JSON.parse(line), line);
});

for (const engine of sharedEngines) {
  test(`${engine.name}: rejects names that are too long and keeps no connection`, { timeout }, async (t) => {
    const place = await engine.createLocation(t);
    const isPostgres = place.startsWith('postgres');
    const env = isPostgres ? { CLAIR_DATABASE_OPTIONS_MAXOPENCONNECTIONS: '2' } : undefined;
    const clair = await startV1(t, place, env);
    const long = { Name: 'CVE-2024-0001', NamespaceName: 'n'.repeat(129) };
    const answers = await Promise.all(Array.from({ length: 120 }, () => clair.postVulnerability(long)));
    assert.deepEqual(new Set(statuses(answers)), new Set([500]));
    assert.equal(await clair.health(), 200);
    assert.equal((await clair.postVulnerability({ Name: 'CVE-2024-0001' })).status, 201);
  });

  test(`${engine.name}: caps the pages of a list, pages through all of it with little memory, and ends with an empty page`, {
    timeout,
  }, async (t) => {
    const place = await engine.createLocation(t);
    const count = 20_000;
    {
      await using store = await engine.open(place);
      await store.advisories.apply(feedUpdate(), stream(manyRecords(count)));
    }
    const server = await runOn(t, engine.name, place);
    const { clair } = server;
    const list = `/v1/namespaces/${bookworm}/vulnerabilities?limit=`;
    const { mib, result } = await measureMemoryGrowth(t, server, () => pagesOf(clair, `${list}1000000`));
    assert.deepEqual(result, new Array(count / limits.listedPerPage).fill(limits.listedPerPage));
    // Twenty pages of 4 MiB, most of them not yet garbage collected.
    assert.ok(mib < 220, `${mib} MiB more`);
    assert.deepEqual(JSON.parse((await clair.get(`${list}0`)).body), { Vulnerabilities: null });
    assert.equal((await clair.get('/v1/notifications/none?limit=-2')).status, 400);
  });

  test(`${engine.name}: stores a vulnerability once when many clients post it to two servers at the same time`, {
    timeout,
  }, async (t) => {
    const place = await engine.createLocation(t);
    const clair = await startV1(t, place);
    const other = await startV1(t, place);
    await clair.postLayer({ Name: 'base', Path: layerFile(t, debian({ curl: '7.1' })) });
    const posted = { Name: 'CVE-2024-0001', FixedIn: fixedIn('curl', '7.2') };
    const pairs = Array.from({ length: 32 }, () => [clair, other]).flat();
    const answers = await Promise.all(pairs.map((server) => server.postVulnerability(posted)));
    assert.deepEqual(new Set(statuses(answers)), new Set([201]));
    const list = await clair.get(`/v1/namespaces/${bookworm}/vulnerabilities?limit=10`);
    assert.equal((JSON.parse(list.body) as { Vulnerabilities: unknown[] }).Vulnerabilities.length, 1);
    assert.equal((await clair.layer('base')).Features?.[0]?.Vulnerabilities?.length, 1);
  });
}

test('rejects a path at once when it is not a regular file', { timeout }, async (t) => {
  const clair = await startV1(t, database(t));
  const pipe = join(temporaryDirectory(t), 'pipe');
  execFileSync('mkfifo', [pipe]);
  for (const Path of [pipe, '/dev/zero', '/dev/null', '/dev/tty']) {
    const { status, body } = await clair.postLayer({ Name: 'layer', Path });
    assert.deepEqual([status, body], [400, '{"Error":{"Message":"could not find layer"}}\n'], Path);
  }
});

test('reveals nothing about disallowed paths when the policy is strict', { timeout }, async (t) => {
  const clair = await startV1(t, database(t), { CLAIR_WORKER_SOURCES_POLICY: 'strict' });
  const { url, asked } = await layerServer(t, (response) => response.end());
  const file = layerFile(t, debian({ curl: '7.1' }));
  const answerTo = async (Path: string, shown: string): Promise<unknown> => {
    const { status, body } = await clair.postLayer({ Name: 'layer', Path });
    return [status, body.replaceAll(shown, '')];
  };
  const { host } = new URL(url);
  const refused = [
    400,
    '{"Error":{"Message":"layer : layers are not read from : worker.sources does not allow it"}}\n',
  ];
  assert.deepEqual(await answerTo(file, file), refused);
  assert.deepEqual(await answerTo(`${file}-not`, `${file}-not`), refused);
  assert.deepEqual(await answerTo('/dev/zero', '/dev/zero'), refused);
  const there = await answerTo(`${url}/layer`, `${url}/layer`);
  const nowhere = 'http://127.0.0.1:1';
  assert.deepEqual(
    JSON.stringify(await answerTo(`${nowhere}/layer`, `${nowhere}/layer`)).replace('127.0.0.1:1', ''),
    JSON.stringify(there).replace(host, ''),
  );
  assert.match(JSON.stringify(there), /^\[400,.*does not allow it/);
  assert.deepEqual(asked, []);
});

test('uses no memory for large files that no extension wants', { timeout }, async (t) => {
  const server = await runOn(t, 'sqlite', database(t));
  const file = layerFile(t, largeDecoys());
  const { mib, result } = await measureMemoryGrowth(t, server, () =>
    server.clair.postLayer({ Name: 'large', Path: file }),
  );
  assert.equal(result.status, 201);
  assert.ok(mib < 200, `${mib} MiB more`);
});

test('does not delay other clients when one waits for a layer server', {
  timeout,
}, async (t) => {
  const clair = await startV1(t, database(t), { CLAIR_WORKER_THREADS: '2' });
  const begun = Promise.withResolvers<ServerResponse>();
  const { url } = await layerServer(t, (response) => {
    response.writeHead(200).flushHeaders();
    begun.resolve(response);
  });
  const client = new AbortController();
  const stuck = clair.postLayerUntil({ Name: 'stuck', Path: url }, client.signal);
  const left = assert.rejects(stuck, { name: 'AbortError' });
  const response = await begun.promise;
  const file = layerFile(t, debian({ curl: '7.1' }));
  assert.equal((await clair.get('/v1/namespaces')).status, 200);
  assert.equal((await clair.postVulnerability({ Name: 'CVE-2024-0001' })).status, 201);
  const others = ['a', 'b', 'c'].map((Name) => clair.postLayer({ Name, Path: file }));
  assert.deepEqual(statuses(await Promise.all(others)), [201, 201, 201]);
  assert.equal(response.writableFinished, false);
  client.abort();
  await left;
  response.end(debian({ curl: '7.1' }));
});

test('does not delay other clients when as many layer servers stall as there are threads', {
  timeout,
}, async (t) => {
  const env = { CLAIR_WORKER_THREADS: '2', CLAIR_WORKER_IDLETIMEOUT: '2s' };
  const clair = await startV1(t, database(t), env);
  const file = layerFile(t, debian({ curl: '7.1' }));
  const content = debian({ curl: '7.1' });
  // One server sends nothing, one breaks off in the middle, one sends a byte now and then.
  const { url, asked } = await layerServer(t, (response, path) => {
    if (path.startsWith('/silent')) return;
    response.write(content.subarray(0, 600));
    if (path.startsWith('/broken')) return;
    const drip = setInterval(() => response.write('x'), 100);
    response.once('close', () => {
      clearInterval(drip);
    });
  });
  for (const kind of ['silent', 'broken', 'dripping']) {
    asked.length = 0;
    const answered: string[] = [];
    const post = async (Name: string, Path: string): Promise<number> => {
      const { status } = await clair.postLayer({ Name, Path });
      answered.push(Name);
      return status;
    };
    const stalled = [1, 2].map((i) => post(`${kind}-${i}`, `${url}/${kind}-${i}`));
    await waitUntil(() => asked.length >= 2);
    // Without a limit, a byte now and then would keep it waiting for 15 minutes.
    assert.equal(await post(kind, file), 201);
    if (kind === 'silent') assert.deepEqual(answered, [kind]);
    assert.deepEqual(new Set(await Promise.all(stalled)), new Set([422]), kind);
  }
});

test('reads a layer once when it is posted twice at the same time', { timeout }, async (t) => {
  const clair = await startV1(t, database(t));
  const { promise: mayEnd, resolve: letEnd } = Promise.withResolvers<undefined>();
  const { url, asked } = await layerServer(t, (response) => {
    void mayEnd.then(() => response.end(debian({ curl: '7.1' })));
  });
  const answers = [1, 2].map(() => clair.postLayer({ Name: 'layer', Path: url }));
  await waitUntil(() => asked.length > 0);
  // The second request was queued before a later one that has been answered.
  await clair.get('/v1/namespaces');
  letEnd(undefined);
  assert.deepEqual(statuses(await Promise.all(answers)), [201, 201]);
  assert.equal(asked.length, 1);
});

test('keeps the old content of a name when other content is posted, and reads the new one after its removal', {
  timeout,
}, async (t) => {
  const clair = await startV1(t, database(t));
  const [first, second] = [debian({ curl: '7.1' }), debian({ wget: '1.2' })].map((layer) =>
    layerFile(t, layer),
  );
  const post = async (Path = ''): Promise<unknown> => {
    const { status } = await clair.postLayer({ Name: 'layer', Path });
    return [status, ...((await clair.layer('layer')).Features ?? []).map(({ Name }) => Name)];
  };
  assert.deepEqual(await post(first), [201, 'curl']);
  // As in Clair, a name is read once.
  assert.deepEqual(await post(second), [201, 'curl']);
  await clair.remove('/v1/layers/layer');
  assert.deepEqual(await post(second), [201, 'wget']);
});

test('reads known layers again when the server has more extensions than before', { timeout }, async (t) => {
  const place = database(t);
  const { url, asked } = await layerServer(t, (response, path) => {
    const own = tar([{ path: 'var/lib/dpkg/status', content: dpkgStatus({ curl: '7.1', wget: '1.2' }) }]);
    response.end(path === '/base' ? debian({ curl: '7.1' }) : own);
  });
  const base: V1Layer = { Name: 'base', Path: `${url}/base` };
  const child: V1Layer = { Name: 'child', Path: `${url}/child`, ParentName: 'base' };
  const last = await startV1(t, place, { CLAIR_WORKER_FEATURE_LISTERS: 'apk' });
  assert.deepEqual(statuses([await last.postLayer(base), await last.postLayer(child)]), [201, 201]);
  assert.equal((await last.layer('child')).Features, undefined);
  const clair = await startV1(t, place);
  const early = await clair.postLayer(child);
  assert.match(`${early.status} ${early.body}`, /^400 .*parent layer is unknown/);
  asked.length = 0;
  for (const layer of [base, child, base, child]) assert.equal((await clair.postLayer(layer)).status, 201);
  assert.deepEqual(asked, ['/base', '/child']);
  const { NamespaceName, Features = [] } = await clair.layer('child');
  assert.equal(NamespaceName, bookworm);
  assert.deepEqual(
    Features.map(({ Name, AddedBy }) => [Name, AddedBy]),
    [
      ['curl', 'base'],
      ['wget', 'child'],
    ],
  );
});

test('retries a dead receiver with a growing backoff', { timeout }, async (t) => {
  const times: number[] = [];
  const url = await serveHttp(t, (_request, response) => {
    times.push(performance.now());
    response.writeHead(503).end();
  });
  const clair = await startV1(t, database(t), { CLAIR_NOTIFIER_HTTP_ENDPOINT: url });
  // Each of them creates an event and wakes the notifier.
  for (let i = 0; times.length < 3; i++) {
    const { status } = await clair.postVulnerability({ Name: `CVE-2024-${i}` });
    assert.equal(status, 201);
  }
  const [first = 0, second = 0, third = 0] = times;
  assert.ok(second - first >= 950, `${second - first} ms`);
  assert.ok(third - second >= 1950, `${third - second} ms`);
});

/** Returns the lengths of all pages of a list. Asserts that no entry is repeated. */
async function pagesOf(clair: V1Client, path: string): Promise<number[]> {
  const lengths: number[] = [];
  const names = new Set<string>();
  for (let token: string | undefined = ''; token !== undefined; ) {
    const { body } = await clair.get(token === '' ? path : `${path}&page=${encodeURIComponent(token)}`);
    const page = JSON.parse(body) as { Vulnerabilities: { Name: string }[]; NextPage?: string };
    for (const { Name } of page.Vulnerabilities) names.add(Name);
    lengths.push(page.Vulnerabilities.length);
    token = page.NextPage;
  }
  assert.equal(
    names.size,
    lengths.reduce((sum, length) => sum + length),
  );
  return lengths;
}

function database(t: TestContext): string {
  return join(temporaryDirectory(t), 'clair.db');
}

function debian(packages: Readonly<Record<string, string>>): Uint8Array {
  return tar([osRelease, { path: 'var/lib/dpkg/status', content: dpkgStatus(packages) }]);
}

function layerFile(t: TestContext, content: Uint8Array): string {
  const file = join(temporaryDirectory(t), 'layer.tar');
  writeFileSync(file, content);
  return file;
}

/** Starts a layer server that records the requested paths. */
async function layerServer(t: TestContext, answer: (response: ServerResponse, path: string) => void) {
  const asked: string[] = [];
  const url = await serveHttp(t, ({ url: path = '' }, response) => {
    asked.push(path);
    answer(response, path);
  });
  return { url, asked };
}

/** Ten files of 190 MiB whose names begin like that of dpkg's list, compressed about 250 to 1 as consecutive gzip members. */
function largeDecoys(): Uint8Array {
  const mib = Buffer.alloc(MiB);
  randomBytes(4000).copy(mib);
  const content = new Array<Buffer>(190).fill(gzipSync(mib));
  const size = (190 * MiB).toString(8).padStart(11, '0');
  const header = (path: string): TarEntryPlan => ({ path, content: '', raw: { size: `${size}\0` } });
  const members = Array.from({ length: 10 }, (_, i) => [
    gzipSync(tar([header(`var/lib/dpkg/status-${i}`)], { endBlocks: 0 })),
    ...content,
  ]);
  return Buffer.concat([...members.flat(), gzipSync(debian({ curl: '7.1' }))]);
}

function* manyRecords(count: number) {
  const description = 'Something is wrong. '.repeat(200);
  for (let i = 0; i < count; i++) yield record(`CVE-2024-${i}`, { description });
}

/** Starts a server in a process of its own, so that only its memory is measured. */
async function runOn(t: TestContext, engine: string, place: string): Promise<ServeProcess> {
  const isPostgres = engine === 'postgresql';
  return await runServer(t, ['serve'], {
    CLAIR_DATABASE_TYPE: isPostgres ? 'pgsql' : 'sqlite',
    [isPostgres ? 'CLAIR_DATABASE_OPTIONS_SOURCE' : 'CLAIR_DATABASE_OPTIONS_PATH']: place,
    CLAIR_API_ADDR: '127.0.0.1:0',
    CLAIR_API_HEALTHADDR: '127.0.0.1:0',
    CLAIR_UPDATER_INTERVAL: '0',
  });
}

/** Runs some work and returns by how much the memory of the server grew. */
async function measureMemoryGrowth<T>(
  t: TestContext,
  { memory }: ServeProcess,
  work: () => Promise<T>,
): Promise<{ mib: number; result: T }> {
  const { nowMib } = memory();
  const result = await work();
  const mib = Math.round(memory().peakMib - nowMib);
  t.diagnostic(`${mib} MiB more than ${Math.round(nowMib)}`);
  return { mib, result };
}
