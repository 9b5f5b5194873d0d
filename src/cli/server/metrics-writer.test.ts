import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetrics } from '../../api/metrics.ts';
import { openSqliteStore } from '../../store/sql/sqlite-store.ts';
import { feedUpdate, record, stream } from '../../testing/store-content.ts';
import { metricsWriter } from './metrics-writer.ts';

test('writes the metrics of the process, and says so, when the database does not answer', async () => {
  const store = await openSqliteStore(':memory:');
  await store.advisories.apply(feedUpdate(), stream([record('A')]));
  const metrics = createMetrics();
  metrics.recordDeliveryFailure('slack');
  const write = metricsWriter(
    { updater: { enabledupdaters: ['debian'] } as never },
    { store, metrics, pool: { load: () => ({ busy: 2, waiting: 3, threads: 4 }) } },
  );
  const ofProcess = [
    /^clair_notifier_backend_errors_total\{backend="slack"\} 1$/m,
    /^clair_layers_reading 2$/m,
    /^clair_layers_waiting 3$/m,
    /^process_cpu_seconds_total /m,
  ];
  const ofDatabase = [
    /^clair_source_loaded\{/m,
    /^clair_updater_notes_total /m,
    /^clair_scan_overdue_seconds /m,
  ];
  const up = await write([]);
  for (const line of [...ofProcess, ...ofDatabase, /^clair_database_up 1$/m]) assert.match(up, line);
  await store[Symbol.asyncDispose]();
  const down = await write([]);
  for (const line of [...ofProcess, /^clair_database_up 0$/m]) assert.match(down, line);
  for (const line of ofDatabase) assert.doesNotMatch(down, line);
});
