import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { builtIn as extensions } from '../../../extensions.ts';
import { countFindings } from '../../../service/finding-counts/count-findings.ts';
import { debianImage, debianRecord, type FleetServer, fleetServer } from '../../../testing/fleet-server.ts';

const dayMs = 24 * 60 * 60 * 1000;

interface Ages {
  readonly repository: string | null;
  readonly countedAt: string | null;
  readonly countedSince: string | null;
  readonly severities: readonly ({ readonly severity: string } & Figures)[] | null;
  readonly paths: readonly ({ readonly repository: string } & Figures)[];
}

interface Figures {
  readonly open: { readonly findings: number; readonly median: object | null };
  readonly closed: { readonly findings: number; readonly median: object | null };
}

/** Counts the findings of all images some days later. */
async function countLater({ store, clock }: FleetServer, days: number): Promise<void> {
  clock.at += days * dayMs;
  await countFindings({ store, extensions, signal: new AbortController().signal });
}

function linesOf(ages: Ages): unknown[] | undefined {
  return ages.severities
    ?.filter(({ open, closed }) => open.findings + closed.findings > 0)
    .map(({ severity, open, closed }) => [
      severity,
      open.findings,
      open.median,
      closed.findings,
      closed.median,
    ]);
}

test('returns the ages of open and closed findings by severity', async (t) => {
  const server = await fleetServer(t, { extensions });
  const { get, scan, repository } = server;
  assert.deepEqual(await get('/summary/ages'), {
    repository: null,
    days: 90,
    countedAt: null,
    countedSince: null,
    severities: null,
    paths: [],
    cut: false,
  });
  await server.applyDebian([
    debianRecord('CVE-2026-1', 'openssl', { fixed: '3.0.2-1', severity: 'High' }),
    debianRecord('CVE-2026-2', 'bash', { fixed: '5.3-1', severity: 'Low' }),
  ]);
  await scan(debianImage('openssl 3.0.1-1'), 'one');
  await countLater(server, 0);
  await scan(debianImage('openssl 3.0.1-1', 'bash 5.2-1'), 'one');
  await countLater(server, 2);
  await scan(debianImage('openssl 3.0.2-1', 'bash 5.2-1'), 'one');
  await countLater(server, 3);
  const ages = await get<Ages>('/summary/ages');
  assert.deepEqual([ages.countedSince, ages.countedAt?.slice(0, 10)], ['2026-03-01', '2026-03-06']);
  const lines = [
    ['High', 0, null, 1, { days: 5, exact: false }],
    ['Low', 1, { days: 3, exact: true }, 0, null],
  ];
  assert.deepEqual(linesOf(ages), lines);
  assert.deepEqual(linesOf(await get(`/summary/ages?repository=${repository}`)), lines);
  const [registry] = repository.split('/');
  const below = await get<Ages>(`/summary/ages?repository=${registry}/*`);
  assert.deepEqual([below.repository, linesOf(below)], [`${registry}/*`, lines]);
  assert.deepEqual(
    ages.paths.map((one) => [one.repository, one.open.findings, one.closed.findings]),
    [[`${registry}/*`, 1, 1]],
  );
  for (const unknown of [`${registry}/other`, `${registry}/app/*`])
    assert.equal((await get<Ages>(`/summary/ages?repository=${unknown}`)).severities, null);
});

test('returns them as CSV', async (t) => {
  const server = await fleetServer(t, { extensions });
  await server.applyDebian([debianRecord('CVE-2026-1', 'openssl', { fixed: '3.0.2-1', severity: 'High' })]);
  await server.scan(debianImage('openssl 3.0.1-1'), 'one');
  await countLater(server, 0);
  const response = await server.call(`/summary/ages?repository=${server.repository}`, {
    headers: { accept: 'text/csv' },
  });
  const lines = (await response.text()).split('\r\n');
  assert.deepEqual(
    [lines[0], lines.find((line) => line.includes('High'))],
    [
      'repository,severity,open,openAtLeast,openMedianDays,openMedianExact,openP90Days,openP90Exact,closed,closedAtLeast,closedMedianDays,closedMedianExact,closedP90Days,closedP90Exact',
      `${server.repository},High,1,1,0,false,0,false,0,0,,,,`,
    ],
  );
});

test('refuses times of the past and other names', async (t) => {
  const { refusal } = await fleetServer(t, { extensions });
  for (const query of [
    'asOf=2026-03-01T00:00:00Z',
    'days=0',
    'days=91',
    'repository=a%20b',
    'repository=a%20b/*',
  ])
    assert.equal((await refusal(`/summary/ages?${query}`))[0], 400, query);
});

test('gives a token that is limited to repositories the ages of one of them', async (t) => {
  const sum = createHash('sha256').update('secret').digest('hex');
  const server = await fleetServer(t, { extensions, tokens: [`read:${sum}:team::127.0.0.1:*/app`] });
  const headers = { authorization: 'Bearer secret' };
  const statusOf = async (query: string): Promise<number> =>
    (await server.call(`/summary/ages${query}`, { headers })).status;
  const [registry] = server.repository.split('/');
  assert.equal(await statusOf(`?repository=${server.repository}`), 200);
  for (const query of ['', `?repository=${registry}/*`, `?repository=${registry}/other`])
    assert.equal(await statusOf(query), 403, query);
});
