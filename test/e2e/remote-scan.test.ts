import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { Report } from '../../src/model/report.ts';
import { temporaryDirectory } from '../../src/testing/store-engines.ts';
import { clair } from './clair.ts';
import { debianRegistry, noRegistry } from './debian-registry.ts';
import { fleetSettings, isLoaded, type JobState, mirror, pushImage } from './fleet.ts';
import { runServer } from './serve-process.ts';

const skip = noRegistry;
const timeout = 120_000;

/** The token of `docs/server.md`, and its entry. */
const token = 'example-token-do-not-use';
const entry = 'scan:3690a4a2ed3b26b46a696e9ab873a300d9da3ae56bc84352e2bf724885c91dfd:ci';

test('a scan on a server gives the report, the formats and the exit status of a local scan', {
  skip,
  timeout,
}, async (t) => {
  const registry = await debianRegistry(t);
  await pushImage(registry, '1');
  const folder = temporaryDirectory(t);
  const server = await runServer(t, ['serve'], {
    ...fleetSettings(registry.port),
    CLAIR_DATABASE_OPTIONS_PATH: join(folder, 'clair.db'),
    CLAIR_API_TOKENS: entry,
  });
  await isLoaded(server);
  const tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, `${token}\n`);
  const target = `registry:127.0.0.1:${registry.port}/shop:1`;
  const url = `http://127.0.0.1:${server.ports.api}`;
  const remote = ['scan', target, '--server', url, '--token-file', tokenFile];
  const local = ['scan', target, '--mirror', mirror, '--no-lookups', '--db', ':memory:'];
  const [there, here] = [remote, local].map((args) => {
    const run = clair([...args, '--format', 'json', '--fail-on', 'kev,unknown']);
    assert.equal(run.status, 1, run.stderr);
    return JSON.parse(run.stdout) as Report;
  });
  for (const part of [
    'target',
    'distro',
    'layers',
    'packages',
    'matches',
    'suppressed',
    'verdict',
    'statuses',
  ] as const)
    assert.deepEqual(there?.[part], here?.[part], part);
  const text = (args: readonly string[], more: readonly string[]): string =>
    clair([...args, ...more]).stdout.replaceAll(/urn:uuid:[\da-f-]+|\d{4}-\d\d-\d\dT[\d:.]+Z?/g, '');
  for (const format of ['cyclonedx', 'gitlab'])
    assert.equal(text(remote, ['--format', format]), text(local, ['--format', format]), format);

  const rules = join(folder, 'rules.yaml');
  writeFileSync(rules, 'ignore:\n  - id: CVE-2026-1\n    reason: not reachable\n');
  const gate = ['--format', 'json', '--ignore', rules, '--fail-on', 'unknown', '--allow-unrated'];
  const [ignoredThere, ignoredHere] = [remote, local].map((args) => clair([...args, ...gate]));
  assert.deepEqual(ignoredThere?.status, ignoredHere?.status, ignoredThere?.stderr);
  const { suppressed, matches } = JSON.parse(ignoredThere?.stdout ?? '') as Report;
  assert.deepEqual([matches, suppressed[0]?.reason.includes('not reachable')], [[], true]);
  checkRefusals(url, tokenFile, target);
});

/** Checks the errors of targets, options and tokens that cannot be used. */
function checkRefusals(url: string, tokenFile: string, target: string): void {
  const remote = ['scan', target, '--server', url, '--token-file', tokenFile];
  for (const [args, env, status, message] of [
    [['scan', target, '--server', url], {}, 3, /^clair: 401 from .*--token-file/],
    [['scan', target, '--server', url], { CLAIR_SERVER_TOKEN: 'wrong' }, 3, /401 .*not one of api\.tokens/],
    [['scan', target, '--server', url], { CLAIR_SERVER_TOKEN: token }, 0, /^$/],
    [
      ['scan', 'other.example/shop:1', '--server', url, '--token-file', tokenFile],
      {},
      3,
      /403 .*images\.registries/,
    ],
    [
      [...remote.with(1, target.replace('shop', 'gone'))],
      {},
      3,
      /“open the image”.*manifest unknown.*\/retry/,
    ],
    [
      [...remote.with(3, 'http://127.0.0.1:9')],
      {},
      3,
      /no answer from http:\/\/127\.0\.0\.1:9: Connection refused/,
    ],
    [remote.with(1, 'dir:/'), {}, 2, /on this machine.*push the image/],
    [remote.with(1, tokenFile), {}, 2, /on this machine/],
    [
      [...remote, '--offline', '--distro', 'debian:12'],
      {},
      2,
      /--offline and --distro cannot be used with --server/,
    ],
    [[...remote, '--platform', 'all'], {}, 2, /--platform all cannot/],
    [[...remote, '--new-since', target], {}, 2, /names a JSON report/],
    [remote.with(3, 'ftp://a.example'), {}, 2, /Write it as https/],
  ] as const) {
    const run = clair(args, env);
    assert.match(run.stderr.replaceAll('\n', ' ').trim(), message);
    assert.equal(run.status, status, run.stderr);
  }
}

test('a token that is limited to repositories scans and reads these only', { skip, timeout }, async (t) => {
  const registry = await debianRegistry(t);
  await pushImage(registry, '1');
  await pushImage(registry, '1', 'other', 'other content');
  const host = `127.0.0.1:${registry.port}`;
  const sum = createHash('sha256').update('limited').digest('hex');
  const server = await runServer(t, ['serve'], {
    ...fleetSettings(registry.port),
    CLAIR_DATABASE_OPTIONS_PATH: join(temporaryDirectory(t), 'clair.db'),
    CLAIR_API_TOKENS: `${entry},admin:${sum}:limited::${host}/shop`,
  });
  const send = async (bearer: string, path: string, reference?: string): Promise<Response> =>
    await fetch(`http://127.0.0.1:${server.ports.api}${path}`, {
      headers: { Authorization: `Bearer ${bearer}` },
      ...(reference !== undefined && { method: 'POST', body: JSON.stringify({ reference }) }),
    });
  const scanned = async (bearer: string, reference: string): Promise<JobState> => {
    const { id } = (await (await send(bearer, '/api/v1/images', reference)).json()) as JobState;
    return await endOfJob(async () => await send(bearer, `/api/v1/jobs/${id}`));
  };
  const shop = await scanned('limited', `${host}/shop:1`);
  const other = await scanned(token, `${host}/other:1`);
  const statusOf = async (path: string, reference?: string): Promise<number> =>
    (await send('limited', path, reference)).status;
  assert.equal(await statusOf('/api/v1/images', `${host}/other:1`), 403);
  assert.equal(await statusOf(`/api/v1/jobs/${other.id}`), 404);
  assert.deepEqual([await statusOf(shop.report ?? ''), await statusOf(other.report ?? '')], [200, 404]);
  for (const path of ['/api/v1/jobs?state=failed', '/v1/namespaces', '/affected/CVE-2026-1'])
    assert.equal(await statusOf(path), 403, path);
  const listed = async (bearer: string): Promise<unknown> => {
    const { images } = (await (await send(bearer, '/api/v1/images')).json()) as {
      readonly images: readonly { readonly reference: string }[];
    };
    return images.map(({ reference }) => reference.replace('registry:', '')).toSorted();
  };
  assert.deepEqual(await listed('limited'), [`${host}/shop:1`]);
  assert.deepEqual(await listed(token), [`${host}/other:1`, `${host}/shop:1`]);
});

async function endOfJob(read: () => Promise<Response>): Promise<JobState> {
  for (;;) {
    const job = (await (await read()).json()) as JobState;
    if (job.state === 'done') return job;
    assert.notEqual(job.state, 'failed', job.error ?? '');
    await setTimeout(100);
  }
}
