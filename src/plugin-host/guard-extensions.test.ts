import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AdvisorySource, FeedRecord } from '../plugin/advisory-source.ts';
import type { Enricher, EnrichmentRecord } from '../plugin/enricher.ts';
import { isKey, keyAfter, type VersionKey, type VersionScheme } from '../plugin/version-scheme.ts';
import { stream } from '../testing/store-content.ts';
import { guardEnricher, guardFormat, guardScheme, guardSource } from './guard-extensions.ts';

const path = '/srv/acme.ts';
const feed = { name: 'acme', version: 1, feeds: ['all'], fetch: () => Promise.resolve('absent' as const) };
const content = { url: 'acme:all', body: stream<Uint8Array>([]), fingerprint: '' };

const vulnerability = {
  kind: 'vulnerability',
  key: 'A',
  id: 'CVE-2026-1',
  aliases: [],
  links: [],
  severity: 'High',
  cvss: [],
  affected: [
    {
      namespace: { name: 'acme', versionScheme: 'semver' },
      package: 'rocket',
      range: { to: '2.0.1' },
      fix: { state: 'fixed', version: '2.0.1' },
    },
  ],
};

async function collect<T>(records: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const record of records) collected.push(record);
  return collected;
}

/** Returns the records of a guarded source whose `parse` yields this value. */
async function advisories(yielded: unknown): Promise<FeedRecord[]> {
  const source: AdvisorySource = {
    ...feed,
    feedsFor: () => [],
    parse: () => stream([yielded as FeedRecord]),
  };
  return await collect(guardSource(source, path).parse('all', content));
}

async function enrichments(yielded: unknown): Promise<EnrichmentRecord[]> {
  const enricher: Enricher = { ...feed, parse: () => stream([yielded as EnrichmentRecord]) };
  return await collect(guardEnricher(enricher, path).parse('all', content));
}

test('rejects an advisory of a plugin when a required member is missing or wrong', async () => {
  assert.deepEqual(await advisories(vulnerability), [vulnerability]);
  const { aliases, ...nameless } = vulnerability;
  const { kind, ...kindless } = vulnerability;
  const [row] = vulnerability.affected;
  const wrong: [unknown, RegExp][] = [
    [nameless, /^the plugin \/srv\/acme\.ts: the source acme yielded an invalid record: A: aliases must be/],
    [{ ...vulnerability, severity: 'Hgh' }, /A: severity must be one of Unknown, Negligible/],
    [{ ...vulnerability, affectd: [] }, /A: unknown member affectd/],
    [{ ...vulnerability, affected: [{ ...row, range: { ot: '2' } }] }, /A: unknown member ot/],
    [{ ...vulnerability, affected: [{ ...row, fix: { state: 'fixed' } }] }, /affected\[0\]\.fix must be/],
    [{ ...vulnerability, kind: 'advisory' }, /A: kind must be one of vulnerability, skipped, withdrawn/],
    [kindless, /A: kind must be one of vulnerability/],
    [{ kind: 'skipped', key: 'A', skipped: 'odd' }, /A: reason must be a string/],
    [undefined, /a record: /],
  ];
  for (const [record, message] of wrong)
    await assert.rejects(advisories(record), { code: 'feed-corrupt', message });
});

test('rejects a rating of a plugin when its severity or kind is unknown', async () => {
  const rating = { kind: 'enrichment', id: 'CVE-2026-1', severity: 'High', assigner: 'acme' };
  assert.deepEqual(await enrichments(rating), [rating]);
  await assert.rejects(
    enrichments({ ...rating, severity: 'Hgh' }),
    /the enricher acme .*severity must be one of/,
  );
  await assert.rejects(
    enrichments({ ...rating, kind: 'rating' }),
    /CVE-2026-1: kind must be one of enrichment, scores, skipped/,
  );
});

test('gives a version no key and no order when the version scheme throws or returns an invalid key', () => {
  const scheme = (key: () => unknown): VersionScheme =>
    guardScheme({ name: 'acme', key, after: key, compare: key } as unknown as VersionScheme);
  const bytes = (...values: number[]) => Uint8Array.from(values) as VersionKey;
  assert.ok(isKey(scheme(() => bytes(1)).key('1')));
  for (const made of [bytes(), bytes(0xff), new Uint8Array(513) as VersionKey])
    assert.deepEqual(scheme(() => made).key('1'), {
      unkeyable: 'its key is empty, too long, or begins with FF',
    });
  const failing = scheme(() => {
    throw new Error('boom');
  });
  assert.deepEqual(failing.after?.('1'), { unkeyable: 'the version scheme acme failed: boom' });
  assert.equal(failing.compare('1', '2'), undefined);
});

test('follows the key of a version by 00 when the version scheme has no key after it', () => {
  const key = Uint8Array.of(7) as VersionKey;
  const scheme: VersionScheme = { name: 'acme', key: () => key, compare: () => 0 };
  assert.deepEqual(keyAfter(guardScheme(scheme), '1'), Uint8Array.of(7, 0));
  const lower: VersionScheme = { ...scheme, after: () => Uint8Array.of(8) as VersionKey };
  assert.deepEqual(keyAfter(guardScheme(lower), '1'), Uint8Array.of(8));
});

test('names the plugin and the format when a format throws', () => {
  const format = guardFormat(
    {
      name: 'acme',
      mediaType: 'text/plain',
      write() {
        throw new Error('boom');
      },
    },
    path,
  );
  assert.throws(() => [...format.write({} as never, { colors: false })], {
    code: 'output-failed',
    message: 'the plugin /srv/acme.ts: the format acme failed: boom',
  });
});
