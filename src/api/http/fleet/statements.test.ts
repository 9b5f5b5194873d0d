import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { limits } from '../../../core/limits.ts';
import { builtIn as extensions } from '../../../extensions.ts';
import type { ListedStatement } from '../../../service/suppressions/list-statements.ts';
import type { SuppressionPreview } from '../../../service/suppressions/preview-suppressions.ts';
import { debianImage, debianRecord, type FleetServer, fleetServer } from '../../../testing/fleet-server.ts';

const rules = `ignore:
  - id: CVE-2026-1
    package: openssl
    path: var/lib/**
    reason: the port is closed
    justification: vulnerable_code_not_in_execute_path
  - package: zlib
    reason: old
    expires: 2026-02-28
`;

const vex = JSON.stringify({
  '@context': 'https://openvex.dev/ns/v0.2.0',
  '@id': 'https://vex.example.com/1',
  author: 'Example Ltd',
  timestamp: '2026-02-01T00:00:00Z',
  version: 1,
  statements: [
    {
      vulnerability: { name: 'CVE-2026-2' },
      products: [
        { '@id': 'pkg:deb/debian/bash@5' },
        { '@id': 'pkg:oci/web?repository_url=registry.example/web' },
      ],
      status: 'not_affected',
      justification: 'component_not_present',
    },
  ],
});

async function preview(
  { call }: Pick<FleetServer, 'call'>,
  body: string,
  name = 'team.yaml',
): Promise<SuppressionPreview> {
  const response = await call(`/statements/preview?name=${name}`, { method: 'POST', body });
  const document = (await response.json()) as SuppressionPreview;
  assert.equal(response.status, 200, JSON.stringify(document));
  return document;
}

test('answers 409 for more rules than the limit in all saved files', async (t) => {
  const { call, get, store } = await fleetServer(t, { extensions });
  const filled = `ignore:\n${'- {id: a, reason: b}\n'.repeat(limits.ignoreRules)}`;
  const files = Array.from({ length: limits.savedRules / limits.ignoreRules }, (_, i) => `${i}.yaml`);
  const statusOf = async (name: string, body: string): Promise<number> =>
    (await call(`/suppressions/${name}`, { method: 'PUT', body })).status;
  for (const name of files) assert.equal(await statusOf(name, filled), 200);
  const one = 'ignore: [{id: a, reason: b}]';
  const refused = await call('/suppressions/z.yaml', { method: 'PUT', body: one });
  assert.equal(refused.status, 409);
  assert.match(await refused.text(), /20001 rules, more than 20000/);
  assert.equal(await statusOf('z.json', vex), 200);
  assert.equal(await statusOf(files[0] ?? '', filled.replace('b}', 'c}')), 200);
  // Another server may save at the same time.
  await store.suppressions.save('z.yaml', one, null);
  const { suppressions } = await get<{
    suppressions: { name: string; rules: number; statements: number; error?: string }[];
  }>('/suppressions');
  const shown = suppressions.map(({ name, rules: count, error }) => [name, count, error !== undefined]);
  const full = files.map((name) => [name, limits.ignoreRules, false]);
  assert.deepEqual(shown, [...full, ['z.json', 0, false], ['z.yaml', 0, true]]);
});

test('lists the rules and statements of saved files, with those that have expired and files that cannot be read', async (t) => {
  const { call, get, store } = await fleetServer(t, { extensions });
  assert.deepEqual(await get('/statements'), { statements: [] });
  for (const [name, body] of [
    ['b.yaml', rules],
    ['a.json', vex],
  ] as const)
    assert.equal((await call(`/suppressions/${name}`, { method: 'PUT', body })).status, 200);
  await store.suppressions.save('c.yaml', 'ignore: [', 'bob');
  const savedAt = '2026-03-01T00:00:00.000Z';
  const { statements, next } = await get<{ statements: ListedStatement[]; next: string }>(
    '/statements?limit=3',
  );
  assert.deepEqual(statements, [
    {
      ...{ file: 'a.json', kind: 'vex', vulnerabilities: ['CVE-2026-2'], status: 'not_affected' },
      scope: ['pkg:deb/debian/bash@5', 'pkg:oci/web?repository_url=registry.example%2Fweb'],
      ...{ justification: 'component_not_present', reason: null, author: 'Example Ltd' },
      ...{ at: '2026-02-01T00:00:00Z', expires: null, state: 'active' },
    },
    {
      ...{ file: 'b.yaml', kind: 'rule', vulnerabilities: ['CVE-2026-1'], status: 'ignored' },
      scope: ['package openssl', 'path var/lib/**'],
      ...{ justification: 'vulnerable_code_not_in_execute_path', reason: 'the port is closed' },
      ...{ author: null, at: savedAt, expires: null, state: 'active' },
    },
    {
      ...{ file: 'b.yaml', kind: 'rule', vulnerabilities: [], status: 'ignored', scope: ['package zlib'] },
      ...{ justification: null, reason: 'old', author: null, at: savedAt, expires: '2026-02-28' },
      state: 'expired',
    },
  ]);
  const rest = await get<{ statements: ListedStatement[] }>(`/statements?after=${next}`);
  const [unreadable, ...others] = rest.statements;
  assert.deepEqual(others, []);
  assert.deepEqual(
    [unreadable?.file, unreadable?.author, unreadable?.state],
    ['c.yaml', 'bob', 'unreadable'],
  );
  assert.match(unreadable?.reason ?? '', /c\.yaml/);
  const csv = await (await call('/statements', { headers: { accept: 'text/csv' } })).text();
  assert.match(csv, /^a\.json,vex,CVE-2026-2,not_affected,pkg:deb\/debian\/bash@5 pkg:oci/m);
});

test('previews which findings a document would suppress, and suppresses none', async (t) => {
  const server = await fleetServer(t, { extensions });
  const { scan, applyDebian, get, call, repository } = server;
  await applyDebian([
    debianRecord('CVE-2026-1', 'openssl', { fixed: '9', severity: 'High' }),
    debianRecord('CVE-2026-2', 'bash', { fixed: '9' }),
  ]);
  const digest = await scan(debianImage('openssl 3', 'bash 5'), '1');
  await scan(debianImage('openssl 3', 'curl 1'), '2');
  const { rows, ...counts } = await preview(server, rules);
  assert.deepEqual(counts, { findings: 2, images: 2, complete: true, notPreviewed: [] });
  assert.deepEqual(rows[0], {
    image: { digest, names: [`${repository}:1`] },
    ...{ vulnerability: 'CVE-2026-1', severity: 'High' },
    package: { type: 'deb', name: 'openssl', version: '3', purl: rows[0]?.package.purl },
    reason: 'ignored by team.yaml:2: the port is closed',
  });
  assert.match(rows[0].package.purl, /^pkg:deb\/debian\/openssl@3\?/);
  const ofVex = await preview(server, vex, 'x.json');
  assert.deepEqual([ofVex.findings, ofVex.images, ofVex.rows[0]?.image.digest], [1, 1, digest]);
  const report = await get<{ matches: object[] }>(`/images/${digest}/report`);
  assert.equal(report.matches.length, 2);

  await call('/suppressions/team.yaml', { method: 'PUT', body: rules });
  assert.equal((await preview(server, rules, 'other.yaml')).findings, 0, 'it is suppressed already');
});

test('says of which rules a preview does not know the effect', async (t) => {
  const server = await fleetServer(t, { extensions });
  const all = await preview(
    server,
    'ignore:\n  - id: CVE-*\n    reason: all\n  - package: zlib\n    reason: x\n',
  );
  assert.deepEqual(all, {
    ...{ findings: 0, images: 0, complete: false, rows: [] },
    notPreviewed: ['team.yaml:2', 'team.yaml:4'],
  });
  const many = Array.from(
    { length: limits.previewedIds + 1 },
    (_, i) => `  - id: CVE-1-${i}\n    reason: x\n`,
  );
  assert.equal((await preview(server, `ignore:\n${many.slice(1).join('')}`)).complete, true);
  assert.equal((await preview(server, `ignore:\n${many.join('')}`)).complete, false);
  for (const [query, body, status, detail] of [
    ['?name=x.txt', '', 400, /^the name must end/],
    ['', '', 400, /^name must be given once/],
    ['?name=x.json', '{}', 400, /not a VEX document/],
  ] as const) {
    const refused = await server.refusal(`/statements/preview${query}`, { method: 'POST', body });
    assert.equal(refused[0], status);
    assert.match(refused[1], detail);
  }
});

test('lets tokens of the scope triage save, preview and delete suppressions, and nothing else', async (t) => {
  const scopes = ['read', 'triage', 'scan', 'admin'] as const;
  const { call } = await fleetServer(t, {
    extensions,
    tokens: scopes.map((scope) => `${scope}:${createHash('sha256').update(scope).digest('hex')}:${scope}`),
  });
  const statusesOf = async (method: string, path: string, body?: string): Promise<number[]> => {
    const statuses: number[] = [];
    for (const scope of scopes) {
      const init = {
        method,
        headers: { authorization: `Bearer ${scope}` },
        ...(body !== undefined && { body }),
      };
      statuses.push((await call(path, init)).status);
    }
    return statuses;
  };
  assert.deepEqual(await statusesOf('PUT', '/suppressions/a.yaml', rules), [403, 200, 403, 200]);
  assert.deepEqual(await statusesOf('POST', '/statements/preview?name=a.yaml', rules), [403, 200, 403, 200]);
  assert.deepEqual(await statusesOf('GET', '/statements'), [200, 200, 200, 200]);
  assert.deepEqual(await statusesOf('DELETE', '/suppressions/a.yaml'), [403, 204, 403, 404]);
  assert.deepEqual(await statusesOf('GET', '/audit'), [403, 403, 403, 200]);
  assert.deepEqual(await statusesOf('POST', '/jobs/x/retry'), [403, 403, 404, 404]);
});
