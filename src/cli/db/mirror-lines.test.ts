import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClairError } from '../../core/errors.ts';
import type { MirroredFeed } from '../../service/feeds/mirror-feeds.ts';
import { areAllMirroredAbsent, hasMirrorLine, mirrorLine, mirrorSummary } from './mirror-lines.ts';

function mirrored(feed: string, outcome: MirroredFeed['outcome']): MirroredFeed {
  return { source: 'nvd', feed, outcome };
}

const notTried = new ClairError('feed-not-tried', 'no network');

test('counts feeds that were not tried or do not exist instead of listing them', () => {
  const feeds = [
    mirrored('2023', { written: 1, unchanged: 0 }),
    mirrored('2024', new ClairError('feed-unavailable', 'HTTP 500')),
    ...Array.from({ length: 300 }, (_, i) => mirrored(`n${i}`, notTried)),
    mirrored('2040', 'absent'),
    mirrored('old', 'superseded'),
  ];
  assert.deepEqual(
    feeds.filter(hasMirrorLine).map((feed) => mirrorLine(feed).replace(/ +/g, ' ')),
    ['nvd 2023 mirrored: 1 file new, 0 as before', 'nvd 2024 failed: HTTP 500'],
  );
  assert.deepEqual(mirrorSummary(feeds), [
    'feeds: 1 mirrored, 1 failed, 300 not tried',
    'Check the network, or name a mirror with --mirror.',
  ]);
  assert.match(mirrorLine(mirrored('2024', notTried)), /^nvd 2024 +not tried: no network$/);
});

test('states that no feed is there when a mirror is empty', () => {
  const feeds = [mirrored('2039', 'absent'), mirrored('2040', 'absent')];
  assert.ok(areAllMirroredAbsent(feeds));
  assert.deepEqual(mirrorSummary(feeds), ['no feed is there']);
  assert.ok(!areAllMirroredAbsent([]));
  assert.ok(!areAllMirroredAbsent([...feeds, mirrored('2023', { written: 0, unchanged: 1 })]));
});
