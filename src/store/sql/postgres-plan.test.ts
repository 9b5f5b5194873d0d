import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  affectedRow,
  feedUpdate,
  image,
  installed,
  keys,
  record,
  stream,
} from '../../testing/store-content.ts';
import { temporarySchema } from '../../testing/store-engines.ts';
import { openPostgresEngine } from './dialect/postgres-engine.ts';
import { parsePostgresSource } from './dialect/postgres-source.ts';
import { matchQuery } from './matches.ts';
import { openPostgresStore } from './postgres-store.ts';

/** A step of a plan, as the server tells it. */
interface Step {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Plans?: readonly Step[];
}

function stepsOf(step: Step): Step[] {
  return [step, ...(step.Plans ?? []).flatMap(stepsOf)];
}

const packages = Array.from({ length: 250 }, (_, i) => `package-${i}`);

/** As many rows as a table needs for its plan to matter. */
function* records(): Generator<ReturnType<typeof record>> {
  for (let i = 0; i < 60; i++)
    yield record(`CVE-${i}`, {
      affected: packages.map((name) => affectedRow(name, { keys: keys([i], [i + 3]) })),
    });
}

test('matching searches one range of one index, however many packages and whatever the plan is made for', async (t) => {
  const url = await temporarySchema(t);
  await using store = await openPostgresStore(url);
  await store.advisories.apply(feedUpdate(), stream(records()));
  const numbers = [
    await store.images.save(image(packages.slice(0, 5).map((name) => installed(name)))),
    await store.images.save(
      image(
        packages.map((name) => installed(name)),
        'all',
      ),
    ),
  ];
  for (const mode of ['force_custom_plan', 'force_generic_plan']) {
    await using engine = await openPostgresEngine(
      parsePostgresSource(`${url}&plan_cache_mode=${mode}&application_name=${mode}`),
      2,
    );
    for (const number of numbers) {
      const [
        {
          'QUERY PLAN': [{ Plan: plan }],
        },
      ] = (await matchQuery(engine.db, number).explain('json')) as [{ 'QUERY PLAN': [{ Plan: Step }] }];
      const steps = stepsOf(plan);
      const affected = steps.filter((step) => step['Relation Name'] === 'affected');
      assert.deepEqual(
        affected.map((step) => [step['Node Type'], step['Index Name']]),
        [['Index Scan', 'affected_range']],
        JSON.stringify(plan, null, 1),
      );
      const condition = affected[0]?.['Index Cond'] ?? '';
      for (const column of ['namespace_id =', 'package =', 'hi >', 'lo <='])
        assert.ok(condition.includes(column), condition);
    }
  }
});
