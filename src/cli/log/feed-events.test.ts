import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClairError } from '../../core/errors.ts';
import { redact } from '../../kit/redact.ts';
import type { AdvisorySource } from '../../plugin/advisory-source.ts';
import type { FeedOutcome } from '../../service/feeds/update-feeds.ts';
import { changeCounts } from '../../testing/store-content.ts';
import { logFeedOutcomes } from './feed-events.ts';
import { openLog } from './open-log.ts';

type Line = Readonly<Record<string, unknown>>;

function logged(outcomes: readonly FeedOutcome[], namedSources: readonly string[] = []): Line[] {
  const lines: Line[] = [];
  const write = (line: string): void => {
    const { time: _, ...rest } = JSON.parse(line) as Line;
    lines.push(rest);
  };
  logFeedOutcomes(openLog({ level: 'debug', format: 'json', redact, write }), outcomes, namedSources);
  return lines;
}

const source = { name: 'alpine' } as AdvisorySource;

function failed(feed: string, code: 'feed-unavailable' | 'feed-not-tried', message: string): FeedOutcome {
  return { source, feed, outcome: 'failed', error: new ClairError(code, message) };
}

test('logs one line per source and reason when there is no network', () => {
  const rest = Array.from({ length: 300 }, (_, i) => failed(`f${i}`, 'feed-not-tried', 'no network'));
  assert.deepEqual(logged([failed('main', 'feed-unavailable', 'no network'), ...rest]), [
    { level: 'error', source: 'alpine', feed: 'main', error: 'no network', msg: 'feed update failed' },
    { level: 'warn', source: 'alpine', feeds: 300, error: 'no network', msg: 'feed not tried' },
  ]);
});

test('logs each feed that was updated or failed with a distinct reason', () => {
  const outcomes: FeedOutcome[] = [
    { source, feed: 'a', outcome: 'updated', difference: changeCounts({ added: 2 }) },
    failed('b', 'feed-unavailable', 'HTTP 500'),
    failed('c', 'feed-unavailable', 'HTTP 502'),
    { source, feed: 'd', outcome: 'unchanged' },
  ];
  assert.deepEqual(
    logged(outcomes).map(({ level, feed, msg }) => [level, feed, msg]),
    [
      ['error', 'b', 'feed update failed'],
      ['error', 'c', 'feed update failed'],
      ['info', 'a', 'feed updated'],
      ['debug', 'd', 'feed checked'],
    ],
  );
});

test('logs that the changes of a feed from another origin are no events', () => {
  const difference = changeCounts({ changed: 1 });
  const events = [true, false].map((isSilent) => {
    const [line] = logged([{ source, feed: 'a', outcome: 'updated', difference, isSilent }]);
    return [line?.['changed'], line?.['events']];
  });
  assert.deepEqual(events, [
    [1, 'none'],
    [1, undefined],
  ]);
});

test('logs once that no feed of a source exists, as a warning if the settings name the source', () => {
  const absent = (feed: string, isNew: boolean): FeedOutcome => ({ source, feed, outcome: 'absent', isNew });
  const line = { source: 'alpine', feeds: 2, msg: 'source not found' };
  const found = (outcomes: readonly FeedOutcome[], named: readonly string[]): Line[] =>
    logged(outcomes, named).filter(({ msg }) => msg !== 'feed checked');
  const first = [absent('a', true), absent('b', true)];
  assert.deepEqual(found(first, ['alpine']), [{ level: 'warn', ...line }]);
  assert.deepEqual(found(first, ['debian']), [{ level: 'info', ...line }]);
  assert.deepEqual(found([absent('a', false), absent('b', false)], ['alpine']), []);
  const other: FeedOutcome = { source, feed: 'b', outcome: 'unchanged' };
  assert.deepEqual(found([absent('a', true), other], ['alpine']), []);
});
