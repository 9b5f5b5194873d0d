import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { Report } from '../../src/model/report.ts';
import { buildImage, ociFiles, writeFiles } from '../../src/testing/image-builder.ts';
import { temporaryDirectory } from '../../src/testing/store-engines.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { alpineMirror } from './alpine-mirror.ts';
import { clair, scratch } from './clair.ts';
import { debianRegistry, noRegistry } from './debian-registry.ts';
import { isLoaded } from './fleet.ts';
import { runServer } from './serve-process.ts';

const [adminToken, readToken] = ['admin-of-the-test', 'reader-of-the-test'];
const entry = (scope: string, token: string, name: string): string =>
  `${scope}:${createHash('sha256').update(token).digest('hex')}:${name}`;

const mirror = alpineMirror('suppression-mirror', {
  '1.36.1-r0': ['CVE-2026-1'],
  '1.36.1-r1': ['CVE-2026-2'],
  '1.36.1-r2': ['CVE-2026-3'],
});

const system = tar([
  { path: 'etc/os-release', content: 'ID=alpine\nVERSION_ID=3.19.1\n' },
  { path: 'lib/apk/db/installed', content: 'C:Q1\nP:busybox\nV:1.36.0-r0\nA:x86_64\no:busybox\n\n' },
]);

const vexOf = (name: string): string =>
  JSON.stringify({
    '@context': 'https://openvex.dev/ns/v0.2.0',
    '@id': 'https://vex.example/1',
    author: 'Example Ltd',
    timestamp: '2026-01-01T00:00:00Z',
    version: 1,
    statements: [
      {
        vulnerability: { name },
        products: [{ '@id': 'pkg:apk/alpine/busybox' }],
        status: 'not_affected',
        justification: 'vulnerable_code_not_in_execute_path',
      },
    ],
  });

const rule = (id: string, reason: string): string => `ignore:\n  - id: ${id}\n    reason: ${reason}\n`;

async function startedServer(t: TestContext) {
  const registry = await debianRegistry(t);
  const layout = join(scratch, `suppressions ${registry.port}`);
  await writeFiles(layout, ociFiles([buildImage({ compression: 'gzip', steps: [{ tar: system }] })]));
  registry.push(layout, 'shop:1');
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, 'files.yaml'), rule('CVE-2026-3', 'the applet is not built'));
  // As Kubernetes mounts a ConfigMap: a folder with a hidden name has the files once more.
  mkdirSync(join(directory, '..data'));
  writeFileSync(join(directory, '..data', 'files.yaml'), 'ignore: [{}]');
  const db = join(temporaryDirectory(t), 'clair.db');
  const server = await runServer(t, ['serve'], {
    CLAIR_DATABASE_OPTIONS_PATH: db,
    CLAIR_API_ADDR: '127.0.0.1:0',
    CLAIR_API_HEALTHADDR: '127.0.0.1:0',
    CLAIR_API_TOKENS: [entry('admin', adminToken, 'alice'), entry('read', readToken, 'bob')].join(','),
    CLAIR_UPDATER_MIRROR: mirror,
    CLAIR_UPDATER_ENABLEDUPDATERS: 'alpine',
    CLAIR_UPDATER_SOURCES_ALPINE_FEEDS: 'v3.19/main,v3.19/community',
    CLAIR_IMAGES_REGISTRIES: `127.0.0.1:${registry.port}`,
    CLAIR_IMAGES_SUPPRESSIONS: directory,
  });
  await isLoaded(server);
  const call = async (method: string, path: string, body?: string, token = adminToken): Promise<Response> =>
    await fetch(`http://127.0.0.1:${server.ports.api}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body !== undefined && { body }),
    });
  const json = async <T>(path: string): Promise<T> => (await (await call('GET', path)).json()) as T;
  const reference = `127.0.0.1:${registry.port}/shop:1`;
  const posted = await call('POST', '/api/v1/images', JSON.stringify({ reference }));
  const { id } = (await posted.json()) as { id: string };
  let job = await json<{ state: string; report: string }>(`/api/v1/jobs/${id}`);
  while (job.state !== 'done') {
    await setTimeout(50);
    job = await json(`/api/v1/jobs/${id}`);
  }
  return { call, json, db, directory, server, report: job.report };
}

async function assertRefusals({
  call,
}: Pick<Awaited<ReturnType<typeof startedServer>>, 'call'>): Promise<void> {
  for (const [response, status, detail] of [
    [await call('PUT', '/api/v1/suppressions/team.yaml', rule('CVE-*', 'all'), readToken), 403, /triage/],
    [await call('PUT', '/api/v1/suppressions/team.yaml', 'ignore: [{id: CVE-1}]'), 400, /team\.yaml:1/],
    [await call('PUT', '/api/v1/suppressions/x.json', '{}'), 400, /not a VEX document/],
    [await call('PUT', '/api/v1/suppressions/..%2Fx.yaml', rule('CVE-1', 'x')), 400, /name must end/],
    [await call('PUT', '/api/v1/suppressions/big.yaml', '#'.repeat(2 ** 20 + 1)), 413, /1048576/],
    [await call('DELETE', '/api/v1/suppressions/none.yaml'), 404, /no client/],
    [await call('GET', '/api/v1/audit', undefined, readToken), 403, /admin/],
  ] as const) {
    const problem = (await response.json()) as { status: number; detail: string };
    assert.equal(problem.status, status, problem.detail);
    assert.match(problem.detail, detail);
  }
}

test('rules and VEX documents of a server apply to reports and affected images, and changes are logged', {
  skip: noRegistry,
  timeout: 240_000,
}, async (t) => {
  const { call, json, db, directory, report } = await startedServer(t);
  const suppressed = async (): Promise<unknown> => {
    const found = await json<Report>(report);
    return found.suppressed.map(({ vulnerability, reason }) => [vulnerability.id, reason]);
  };
  const imagesOf = async (id: string): Promise<unknown> => {
    const found = await json<{ images: object[]; suppressed: number }>(`/affected/${id}`);
    return [found.images.length, found.suppressed];
  };
  const ofDirectory = ['CVE-2026-3', 'ignored by files.yaml:2: the applet is not built'];
  assert.deepEqual(await suppressed(), [ofDirectory]);
  assert.deepEqual(
    [await imagesOf('CVE-2026-1'), await imagesOf('CVE-2026-3')],
    [
      [1, 0],
      [0, 1],
    ],
  );

  const saved = await call('PUT', '/api/v1/suppressions/busybox.json', vexOf('CVE-2026-1'));
  assert.equal(saved.status, 200, await saved.text());
  await call('PUT', '/api/v1/suppressions/team.yaml', rule('CVE-2026-2', 'accepted by the team'));
  assert.deepEqual(await suppressed(), [
    [
      'CVE-2026-1',
      'not affected, says Example Ltd (https://vex.example/1 of 2026-01-01): vulnerable code not in execute path',
    ],
    ['CVE-2026-2', 'ignored by team.yaml:2: accepted by the team'],
    ofDirectory,
  ]);
  assert.deepEqual((await json<Report>(report)).matches, []);
  assert.deepEqual(await imagesOf('CVE-2026-1'), [0, 1]);

  // Commands apply what is saved in the database, and the files that their options name.
  const listed = (id: string, ...options: readonly string[]): string =>
    clair(['affected', id, '--db', db, ...options]).stdout;
  assert.match(listed('CVE-2026-1'), /affects no image.*1 more image whose findings rules/s);
  assert.match(listed('CVE-2026-1', '--suppressed'), /shop:1/);
  assert.match(listed('CVE-2026-3'), /shop:1/);
  assert.match(listed('CVE-2026-3', '--ignore', join(directory, 'files.yaml')), /affects no image/);

  await assertRefusals({ call });
  assert.equal((await call('DELETE', '/api/v1/suppressions/team.yaml')).status, 204);
  assert.deepEqual(await imagesOf('CVE-2026-2'), [1, 0]);
  const { entries } = await json<{ entries: { actor: string; action: string; subject: string }[] }>(
    '/api/v1/audit',
  );
  assert.deepEqual(
    entries.map(({ actor, action, subject }) => [actor, action, subject]),
    [
      ['alice', 'deleted', 'suppression/team.yaml'],
      ['alice', 'saved', 'suppression/team.yaml'],
      ['alice', 'saved', 'suppression/busybox.json'],
    ],
  );
});

test('a reload reads the directory of rules again, and keeps the former rules if a file is invalid', {
  skip: noRegistry,
  timeout: 240_000,
}, async (t) => {
  const { json, directory, server } = await startedServer(t);
  const images = async (): Promise<number> =>
    (await json<{ images: object[] }>('/affected/CVE-2026-3')).images.length;
  assert.equal(await images(), 0);
  writeFileSync(join(directory, 'files.yaml'), 'ignore: [{}]');
  server.reload();
  await server.logged('plugin reload failed; keeping current plugins');
  assert.equal(await images(), 0);
  rmSync(join(directory, 'files.yaml'));
  server.reload();
  await server.logged('plugins reloaded');
  assert.equal(await images(), 1);
});
