import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtIn as extensions } from '../../../extensions.ts';
import type { DailyDigest } from '../../../model/daily-digest.ts';
import type { DayChanges } from '../../../model/finding-changes.ts';
import { digestMail } from '../../../notify/digest-mail.ts';
import { countFindings } from '../../../service/finding-counts/count-findings.ts';
import { digestJob } from '../../../service/fleet/send-digest.ts';
import { debianImage, debianRecord, type FleetServer, fleetServer } from '../../../testing/fleet-server.ts';

const hourMs = 3_600_000;
const neverAborted = new AbortController().signal;
const lease = { table: 'job', name: 'send the daily digest', owner: 'test', number: 1 } as const;

/** Returns a function that runs the job of the digest at a time, after counting findings. It returns the digests sent, and the next run. */
function dailyMail({ store, clock }: FleetServer, { fails = false } = {}) {
  let isFailing = fails;
  return async (time: string, { counts = false } = {}) => {
    clock.at = Date.parse(time);
    if (counts) await countFindings({ store, extensions, signal: neverAborted });
    const sent: DailyDigest[] = [];
    const job = digestJob({
      store,
      staleAfterMs: 7 * 24 * hourMs,
      dailyAtMs: 7 * hourMs,
      send: async (digest) => {
        if (isFailing) {
          isFailing = false;
          throw new Error('refused');
        }
        sent.push(digest);
      },
    });
    let next = '';
    await job.run(lease, neverAborted, (at) => {
      next = at.toISOString();
    });
    return { sent, next };
  };
}

/** Returns the digest of a day on which an advisory came, one changed, one went, and an image was scanned. */
async function digestOfADay(server: FleetServer, run: ReturnType<typeof dailyMail>): Promise<DailyDigest> {
  const { applyDebian, scan, clock } = server;
  const one = debianRecord('CVE-2026-1', 'openssl', { fixed: '3.0.2', severity: 'High' });
  await applyDebian([one, debianRecord('CVE-2026-9', 'absent', { fixed: '9' })]);
  await scan(debianImage('openssl 3.0.1', 'zlib 1.0'), 'a');
  const first = await run('2026-03-01T06:00:00Z', { counts: true });
  assert.deepEqual([first.sent, first.next], [[], '2026-03-01T06:10:00.000Z']);
  clock.at = Date.parse('2026-03-01T06:30:00Z');
  const added = debianRecord('CVE-2026-2', 'zlib', { fixed: '2.0', severity: 'Critical' });
  await applyDebian([{ ...one, severity: 'Medium' }, added]);
  await scan(debianImage('openssl 3.0.1', 'curl 7'), 'b');
  assert.deepEqual((await run('2026-03-01T06:55:00Z')).next, '2026-03-01T07:00:00.000Z');
  const { sent, next } = await run('2026-03-01T07:00:00Z', { counts: true });
  assert.equal(next, '2026-03-01T07:10:00.000Z');
  const [digest = assert.fail(), ...others] = sent;
  assert.deepEqual(others, []);
  return digest;
}

test('sends one digest a day, with the numbers of the summary and of the log of events', async (t) => {
  const server = await fleetServer(t, { extensions });
  const run = dailyMail(server);
  const digest = await digestOfADay(server, run);
  const { findings: counted } = digest;
  assert.deepEqual(digest, {
    since: '2026-03-01T06:00:00.000Z',
    at: '2026-03-01T07:00:00.000Z',
    findings: {
      countedAt: counted?.countedAt,
      images: 2,
      bySeverity: [
        { severity: 'Critical', now: 1, before: 0 },
        { severity: 'High', now: 0, before: 1 },
        { severity: 'Medium', now: 2, before: 0 },
      ],
      all: { now: 3, before: 1 },
      fixable: { now: 3, before: 1 },
      exploited: { now: 0, before: 0 },
    },
    changes: [await server.get('/summary/changes')],
    advisories: {
      new: 1,
      changed: 1,
      withdrawn: 1,
      isComplete: true,
      found: [
        { id: 'CVE-2026-2', severity: 'Critical', exploited: 'unknown', images: 1 },
        { id: 'CVE-2026-1', severity: 'Medium', exploited: 'unknown', images: 2 },
      ],
    },
    images: { new: 1, counted: 1, findings: 1, exploited: 0, isComplete: true },
    currentSources: 1,
    otherSources: [],
    notAssessed: { uncountedSets: 0, failedScans: 0 },
  });
  const { findings } = await server.get<{ findings: { counts: { findings: number }[] } }>('/summary');
  const sum = findings.counts.reduce((all, count) => all + count.findings, 0);
  assert.equal(sum, counted?.all.now);
  const { events } = await server.get<{ events: { kind: string }[] }>('/events?day=2026-03-01');
  for (const kind of ['new', 'changed', 'withdrawn'] as const)
    assert.equal(events.filter((event) => event.kind === kind).length, digest.advisories[kind], kind);
});

test('sends one digest for several days on which no server ran, and none twice', async (t) => {
  const server = await fleetServer(t, { extensions });
  const run = dailyMail(server);
  await digestOfADay(server, run);
  assert.deepEqual((await run('2026-03-01T07:10:00Z')).sent, []);
  const late = await run('2026-03-03T09:00:00Z');
  assert.deepEqual(
    late.sent.map(({ since, advisories }) => [since, advisories.new]),
    [['2026-03-01T07:00:00.000Z', 0]],
  );
  assert.deepEqual((await run('2026-03-03T09:10:00Z')).sent, []);
});

test('has the changes by cause of each day since the last digest, as the route returns them', async (t) => {
  const server = await fleetServer(t, { extensions });
  const run = dailyMail(server);
  await digestOfADay(server, run);
  await server.scan(debianImage('openssl 3.0.1', 'zlib 1.0', 'bash 5'), 'c');
  await run('2026-03-01T20:00:00Z', { counts: true });
  await server.applyDebian([debianRecord('CVE-2026-2', 'zlib', { fixed: '2.0', severity: 'Critical' })]);
  const { sent } = await run('2026-03-02T07:00:00Z', { counts: true });
  const days = ['2026-03-02', '2026-03-01'];
  const changes = await Promise.all(days.map((day) => server.get<DayChanges>(`/summary/changes?day=${day}`)));
  const [digest = assert.fail()] = sent;
  assert.deepEqual(digest.changes, changes);
  assert.deepEqual(
    changes.map(({ since, opened, closed, unexplained }) => [since, opened, closed, unexplained]),
    [
      ['2026-03-01', 0, 3, 0],
      [null, 5, 0, null],
    ],
  );
  const { text } = digestMail(digest, 'https://clair.example');
  assert.match(text, /-3 findings: 5 before, 2 now\.\n0 new findings, 3 closed\./);
  assert.match(text, /Changed advisories +1 +0 +-3 +0/);
});

test('sends a digest again that was refused, with the same start', async (t) => {
  const server = await fleetServer(t, { extensions });
  const run = dailyMail(server, { fails: true });
  await run('2026-03-01T06:00:00Z');
  await assert.rejects(run('2026-03-01T07:00:00Z'), /refused/);
  const { sent } = await run('2026-03-01T07:01:00Z');
  assert.deepEqual(
    sent.map(({ since }) => since),
    ['2026-03-01T06:00:00.000Z'],
  );
});

test('previews the digest as JSON and as the parts of the mail, and changes nothing', async (t) => {
  const { get, call, refusal, applyDebian, clock, store } = await fleetServer(t, { extensions });
  const empty = await get<DailyDigest>('/digest');
  assert.deepEqual([empty.since, empty.findings, empty.images], ['2026-02-28T00:00:00.000Z', null, null]);
  await applyDebian([]);
  clock.at += 30 * 24 * hourMs;
  const stale = await get<DailyDigest>('/digest');
  assert.deepEqual(
    stale.otherSources.map(({ source, state }) => [source, state]),
    [['debian', 'stale']],
  );
  for (const [format, type] of [
    ['text', 'text/plain; charset=utf-8'],
    ['html', 'text/html; charset=utf-8'],
  ] as const) {
    const response = await call(`/digest?format=${format}`);
    assert.equal(response.headers.get('content-type'), type);
    const part = await response.text();
    for (const said of [
      'No server has counted findings yet: nothing is known.',
      'debian is stale: ',
      '0 sources are current',
    ])
      assert.ok(part.includes(said), said);
  }
  assert.equal(await store.keyValues.get('daily digest'), undefined);
  assert.deepEqual(await refusal('/digest?format=pdf'), [400, 'format must be json, text or html']);
});
