import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bareEngines } from '../../testing/bare-engines.ts';
import { migrateTo } from '../../testing/migrate-to.ts';
import type { MigrationEvents } from './migrate.ts';
import { indexSourceNames } from './migrations/0034-source-names.ts';
import { openSqlStore } from './sql-store.ts';

for (const { name, engine: place } of bareEngines)
  test(`${name}: reports each migration of a database with its name, and none of a new one`, async (t) => {
    const lines: string[] = [];
    const events: MigrationEvents = {
      onMigrationStart: (step) => lines.push(`${step.schema} ${step.name}`),
      onMigrationEnd: (step, ms) => lines.push(`${step.schema} took ${ms >= 0}`),
    };
    const engine = await (await place(t))();
    await migrateTo(engine, indexSourceNames);
    await (await openSqlStore(engine, events))[Symbol.asyncDispose]();
    assert.deepEqual(lines.slice(0, 4), [
      '34 indexSourceNames',
      '34 took true',
      '35 addFindingChanges',
      '35 took true',
    ]);
    const ofOld = lines.length;
    await (await openSqlStore(await (await place(t))(), events))[Symbol.asyncDispose]();
    assert.equal(lines.length, ofOld);
  });
