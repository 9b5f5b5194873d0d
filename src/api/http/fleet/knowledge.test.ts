import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtIn as extensions } from '../../../extensions.ts';
import { countFindings } from '../../../service/finding-counts/count-findings.ts';
import type { SourceDescriptions } from '../../../service/fleet/describe-sources.ts';
import { debianImage, debianRecord, type FleetServer, fleetServer } from '../../../testing/fleet-server.ts';
import { ancestry, feedUpdate, stream } from '../../../testing/store-content.ts';
import { storeEngines } from '../../../testing/store-engines.ts';

const dayMs = 24 * 3_600_000;

test('lists events as JSON page by page, and as CSV', async (t) => {
  const { applyDebian, scan, clock, store, get, call, refusal } = await fleetServer(t, { extensions });
  const one = debianRecord('CVE-2026-1', 'openssl', { fixed: '1' });
  await applyDebian([one]);
  clock.at += dayMs;
  const at = new Date(clock.at).toISOString();
  await applyDebian([{ ...one, severity: 'High' }, debianRecord('CVE-2026-2', 'openssl', { fixed: '1' })]);
  await scan(debianImage('openssl 0'), '1');
  const uncounted = await get<{ events: { images: null }[] }>('/events');
  assert.deepEqual(
    uncounted.events.map(({ images }) => images),
    [null, null],
  );
  await countFindings({ store, extensions, signal: new AbortController().signal });
  const first = await get<{ events: { number: number }[]; next: string }>('/events?limit=1');
  const of = { source: 'debian', feed: 'tracker', at };
  const changed = { number: 1, id: 'CVE-2026-1', kind: 'changed', changed: ['severity'], ...of };
  const added = { number: 2, id: 'CVE-2026-2', kind: 'new', changed: [], ...of };
  const [newest, oldest] = first.events[0]?.number === 2 ? [added, changed] : [changed, added];
  const severity = (event: object) =>
    event === added ? { before: null, after: 'Medium' } : { before: 'Medium', after: 'High' };
  const fleet = (event: object) => ({ images: 1, rating: event === added ? 'Medium' : 'High' });
  assert.deepEqual(first.events, [{ ...newest, number: 2, severity: severity(newest), ...fleet(newest) }]);
  assert.deepEqual(await get(`/events?limit=1&after=${first.next}`), {
    events: [{ ...oldest, number: 1, severity: severity(oldest), ...fleet(oldest) }],
  });
  const csv = await (await call('/events?kind=changed', { headers: { accept: 'text/csv' } })).text();
  assert.deepEqual(csv.replace(/^\d/m, 'N').split('\r\n'), [
    'number,at,id,kind,changed,source,feed,severityBefore,severityAfter,images,rating',
    `N,${at},CVE-2026-1,changed,severity,debian,tracker,Medium,High,1,High`,
    '',
  ]);
  for (const [query, detail] of [
    ['day=2026-02-30', 'day must be a day such as 2026-01-31'],
    ['rating=Awful', 'rating must be one of Unknown, Negligible, Low, Medium, High, Critical, Defcon1, none'],
    ['kind=gone', 'kind must be new, changed or withdrawn'],
    ['after=1', 'after must be the next of a page of this list'],
    ['before=0', `before must be an integer from 1 to ${Number.MAX_SAFE_INTEGER}`],
  ])
    assert.deepEqual(await refusal(`/events?${query}`), [400, detail]);
});

interface Events {
  readonly events: readonly { readonly kind: string; readonly at: string; readonly rating: string | null }[];
  readonly next?: string;
}

interface EventCounts {
  readonly day: string | null;
  readonly complete: boolean;
  readonly counts: readonly {
    readonly kind: string;
    readonly rating: string | null;
    readonly events: number;
  }[];
}

/** The rating of NVD is that of the fleet, because the records of Debian have none. Three vulnerabilities are in no image. */
for (const engine of storeEngines.filter(({ name }) => name !== 'sqlite file'))
  test(`${engine.name}: counts the events of a day by the severity of the fleet, as the log lists them`, async (t) => {
    const { applyDebian, scan, clock, store, get } = await fleetServer(t, { extensions, engine });
    assert.deepEqual(await get('/events/counts'), { day: null, counts: [], complete: true });
    const records = (names: readonly string[], fixed: string) =>
      names.map((name, i) => debianRecord(`CVE-2026-${i}`, name, { fixed, severity: 'Unknown' }));
    const names = ['openssl', 'openssl', 'openssl', 'curl', 'curl', 'curl', 'openssl'];
    await applyDebian(records(names.slice(0, 4), '5'));
    await scan(debianImage('openssl 0'), '1');
    clock.at += dayMs;
    await applyDebian(records(names, '6'));
    const rated = ['High', 'Low', 'High'].map((severity, i) => ({
      kind: 'enrichment' as const,
      id: `CVE-2026-${i}`,
      severity: severity as 'High' | 'Low',
    }));
    await store.enrichments.apply(feedUpdate({ source: 'nvd', feed: 'all' }), stream(rated));
    clock.at += dayMs;
    await applyDebian(records(names.slice(0, 6), '6'));
    await countFindings({ store, extensions, signal: new AbortController().signal });
    const days: string[] = [];
    for (const day of ['2026-03-02', '2026-03-03', '2026-03-01']) {
      const { counts, ...rest } = await get<EventCounts>(`/events/counts?day=${day}`);
      assert.deepEqual(rest, { day, complete: true });
      assert.deepEqual(linesOf(counts), linesOf(await countsOfLog(get, `day=${day}`)), day);
      days.push(linesOf(counts).join());
      for (const { kind, rating, events } of counts)
        assert.equal(
          (await get<Events>(`/events?day=${day}&kind=${kind}&rating=${rating ?? 'none'}`)).events.length,
          events,
        );
    }
    assert.deepEqual(days, [
      'changed High 2,changed Low 1,changed null 1,new null 3',
      'withdrawn null 1',
      '',
    ]);
    assert.equal((await get<EventCounts>('/events/counts')).day, '2026-03-03');
  });

function linesOf(counts: EventCounts['counts']): string[] {
  return counts.map(({ kind, rating, events }) => `${kind} ${rating} ${events}`).sort();
}

/** Returns the same numbers from all pages of the log. */
async function countsOfLog(get: FleetServer['get'], query: string): Promise<EventCounts['counts']> {
  const counts = new Map<string, EventCounts['counts'][number]>();
  for (let after = ''; ; ) {
    const { events, next } = await get<Events>(`/events?limit=2&${query}${after}`);
    for (const { kind, rating } of events) {
      const key = `${kind} ${rating}`;
      counts.set(key, { kind, rating, events: 1 + (counts.get(key)?.events ?? 0) });
    }
    if (next === undefined) return [...counts.values()];
    after = `&after=${next}`;
  }
}

test('describes sources with their feeds, and the changes of each day', async (t) => {
  const { applyDebian, clock, get, store } = await fleetServer(t, { extensions });
  assert.deepEqual(await get('/sources'), { sources: [], daysSince: null, imagesCountedAt: null });
  const records = ['CVE-2026-1', 'CVE-2026-2'].map((id) => debianRecord(id, 'openssl', { fixed: '1' }));
  await applyDebian(records.slice(0, 1));
  const job = { name: 'update debian', kind: 'update', lane: 'feeds' };
  await store.jobs.schedule([job]);
  clock.at += dayMs;
  const at = new Date(clock.at).toISOString();
  await applyDebian(records);
  const feedName = { source: 'debian', feed: 'tracker', sourceVersion: 1, origin: 'upstream' };
  await store.advisories.recordFailure(feedName, { at, message: 'no route to host' });
  const { sources, daysSince } = await get<SourceDescriptions>('/sources');
  assert.equal(daysSince, at.slice(0, 10));
  assert.deepEqual(
    sources.map(({ source, state, feeds }) => [source, state, feeds]),
    [
      [
        'debian',
        'failed',
        [
          {
            name: 'tracker',
            presence: 'loaded',
            records: 2,
            skipped: 0,
            contentDate: null,
            fetchedAt: at,
            checkedAt: at,
            appliedAt: at,
            nextRunAt: '2026-03-01T00:00:00.000Z',
            lastFailure: { at, message: 'no route to host' },
            namespaces: ['debian:12'],
            days: [{ day: at.slice(0, 10), new: 1, changed: 0, withdrawn: 0 }],
          },
        ],
      ],
    ],
  );
});

test('dates the content of a feed by its publisher, and not by the time of a file', async (t) => {
  const { get, store } = await fleetServer(t, { extensions });
  const [lastModified, fileModified] = ['2026-01-02T00:00:00.000Z', '2026-02-28T00:00:00.000Z'];
  await store.advisories.apply(feedUpdate({ feed: 'http', lastModified }), stream([]));
  await store.advisories.apply(feedUpdate({ feed: 'file', fileModified }), stream([]));
  const { sources } = await get<SourceDescriptions>('/sources');
  assert.deepEqual(
    sources[0]?.feeds.map(({ name, contentDate }) => [name, contentDate]),
    [
      ['file', null],
      ['http', lastModified],
    ],
  );
});

test('returns the findings of each day, and those of a week with the summary', async (t) => {
  const { applyDebian, scan, clock, get, store, refusal } = await fleetServer(t, { extensions });
  const nothing = { days: [], firstDay: null };
  assert.deepEqual(await get('/summary/history'), nothing);
  assert.deepEqual((await get<{ trend: object }>('/summary')).trend, nothing);
  await applyDebian([debianRecord('CVE-2026-1', 'openssl', { fixed: '3', severity: 'High' })]);
  const [known] = await store.knownImages.findByDigest(await scan(debianImage('openssl 1'), '1'));
  await store.ancestries.save(ancestry('a', known?.image ?? assert.fail()));
  const count = async () => {
    await countFindings({ store, extensions, signal: new AbortController().signal });
  };
  await count();
  clock.at += 10 * dayMs;
  await count();
  const sums = {
    countedAt: '2026-03-01T00:00:00.000Z',
    images: 1,
    uncountedSets: 0,
    counts: [{ severity: 'High', exploited: 'unknown', findings: 1, fixable: true }],
  };
  const days = ['2026-03-01', '2026-03-11'].map((day) => ({ day, ...sums }));
  assert.deepEqual(await get('/summary/history'), { days, firstDay: '2026-03-01' });
  const week = { days: days.slice(1), firstDay: '2026-03-01' };
  assert.deepEqual(await get('/summary/history?days=10'), week);
  assert.deepEqual((await get<{ trend: object }>('/summary')).trend, week);
  assert.deepEqual(await refusal('/summary/history?days=401'), [
    400,
    'days must be an integer from 1 to 400',
  ]);
});
