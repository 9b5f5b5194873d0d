import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bookworm } from '../../testing/store-content.ts';
import type { ShardContent, ShardRecord, ShardRow } from '../shard.ts';
import { readSplitRows, type ShardRows } from './shard-rows.ts';

function row(name: string, state: 'unfixed' | 'not-affected', position: number): ShardRow {
  return { namespace: bookworm, package: name, range: {}, fix: { state }, position };
}

function contentOf(records: Readonly<Record<string, readonly ShardRow[]>>): ShardContent {
  const all = Object.entries(records).map(
    ([id, affected]): ShardRecord => ({
      id,
      key: id,
      source: 'rhel',
      feed: 'vex',
      aliases: [],
      links: [],
      severity: 'Low',
      cvss: [],
      validFrom: '2026-01-01T00:00:00.000Z',
      affected,
    }),
  );
  const ratings = all.map(({ id }) => ({ id, source: 'nvd', feed: '2026', description: id }));
  return {
    namespace: bookworm,
    feeds: [{ source: 'rhel', feed: 'vex' }],
    records: (async function* () {
      yield* all;
    })(),
    ratingsOf: async (ids) => ratings.filter(({ id }) => ids.includes(id)),
  };
}

function shown({ namespace, records, ratings }: ShardRows): unknown {
  const rows = records.map(({ id, affected }) => [id, ...affected.map((one) => one.position)]);
  return [namespace.name, rows, ratings.map(({ id }) => id)];
}

const mixed = {
  'CVE-2026-1': [row('vim', 'unfixed', 0), row('xz', 'not-affected', 1), row('zlib', 'unfixed', 2)],
  'CVE-2026-2': [row('vim', 'not-affected', 0)],
};

test('splits records, with their ratings, and keeps the positions of rows', async () => {
  const parts = await readSplitRows(contentOf(mixed), { wasSplit: false });
  assert.deepEqual(parts.map(shown), [
    ['debian:12', [['CVE-2026-1', 0, 2]], ['CVE-2026-1']],
    [
      'debian:12/cleared',
      [
        ['CVE-2026-1', 1],
        ['CVE-2026-2', 0],
      ],
      ['CVE-2026-1', 'CVE-2026-2'],
    ],
  ]);
});

test('keeps a namespace whole if one part would be empty, unless it was split before', async () => {
  const { 'CVE-2026-2': rows } = mixed;
  for (const affected of [rows, [row('vim', 'unfixed', 0)]]) {
    const whole = await readSplitRows(contentOf({ 'CVE-2026-2': affected }), { wasSplit: false });
    assert.deepEqual(whole.map(shown), [['debian:12', [['CVE-2026-2', 0]], ['CVE-2026-2']]]);
  }
  const split = await readSplitRows(contentOf({ 'CVE-2026-2': rows }), { wasSplit: true });
  assert.deepEqual(split.map(shown), [
    ['debian:12', [], []],
    ['debian:12/cleared', [['CVE-2026-2', 0]], ['CVE-2026-2']],
  ]);
});
