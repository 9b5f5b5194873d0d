import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SelectQueryBuilder } from 'kysely';
import {
  affectedRow,
  feedUpdate,
  image,
  installed,
  keys,
  record,
  stream,
  versionKey,
} from '../../testing/store-content.ts';
import { temporarySchema } from '../../testing/store-engines.ts';
import { query } from '../contract/postgres-schemas.ts';
import { openPostgresEngine } from './dialect/postgres-engine.ts';
import { parsePostgresSource } from './dialect/postgres-source.ts';
import { installedRows, versionRows } from './installed-images.ts';
import { matchQuery } from './matches.ts';
import { migrate } from './migrate.ts';
import { openPostgresStore } from './postgres-store.ts';
import type { Tables } from './schema.ts';
import { nextUnusedImages } from './unused-images.ts';
import { nextUnusedLayers } from './unused-layers.ts';

/** A step of a plan, as the server reports it. */
interface Step {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly 'Subplan Name'?: string;
  readonly Plans?: readonly Step[];
}

function stepsOf(step: Step): Step[] {
  return [step, ...(step.Plans ?? []).flatMap(stepsOf)];
}

async function planOf(
  query: Pick<SelectQueryBuilder<Tables, keyof Tables, object>, 'explain'>,
): Promise<Step> {
  const [
    {
      'QUERY PLAN': [{ Plan: plan }],
    },
  ] = (await query.explain('json')) as [{ 'QUERY PLAN': [{ Plan: Step }] }];
  return plan;
}

const packages = Array.from({ length: 250 }, (_, i) => `package-${i}`);

/** Yields enough rows for the plan to matter. */
function* records(): Generator<ReturnType<typeof record>> {
  for (let i = 0; i < 60; i++)
    yield record(`CVE-${i}`, {
      affected: packages.map((name) => affectedRow(name, { keys: keys([i], [i + 3]) })),
    });
}

test('matches by a search of one index range, for any number of packages and any plan', async (t) => {
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
      const plan = await planOf(matchQuery(engine.db, number));
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

/** Adds 20,000 images with the parts of the first ones. In small tables an engine rightly prefers a scan and a sort. */
const copiesOfImages = `
  with added as (insert into image (identity, last_used_at) select 'copy ' || i, 0 from generate_series(0, 19999) i returning id)
    insert into image_set (image_id, part, set_id)
      select added.id, part, set_id from added join image_set on image_set.image_id = 1 + added.id % 300`;

test('reads affected images from indexes alone, for any plan', async (t) => {
  const url = await temporarySchema(t);
  await using store = await openPostgresStore(url);
  for (let i = 0; i < 300; i++) {
    const list = packages.slice(i % 50, 200).map((name) => installed(name, { key: versionKey(i % 30) }));
    await store.images.save(image(list, `image ${i}`));
  }
  await query(url, copiesOfImages);
  await query(url, 'analyze');
  await readsFromIndexesAlone(url);
  // Index scans are cheaper after it. The server also does it by itself at any time.
  await query(url, 'vacuum analyze');
  await readsFromIndexesAlone(url);
});

async function readsFromIndexesAlone(url: string): Promise<void> {
  for (const mode of ['force_custom_plan', 'force_generic_plan']) {
    await using engine = await openPostgresEngine(
      parsePostgresSource(`${url}&plan_cache_mode=${mode}&application_name=${mode}`),
      2,
    );
    const ranges = [keys([], [0xff])];
    const namespace = { name: 'debian:12', versionScheme: 'dpkg' };
    const target = { namespaceId: 1, namespace, package: 'package-60', by: 'name', ranges } as const;
    const range = { target: { ...target, hasUnkeyed: false, hitsOf: () => [] }, keys: keys([], [0xff]) };
    const starts = [
      { key: null, after: 0 },
      { key: versionKey(3), after: 7 },
    ];
    for (const query of [
      ...starts.map((start) => versionRows(engine.db, range, start).limit(100)),
      installedRows(engine.db, { target: range.target, key: versionKey(3) }, { after: 7, upTo: 60 }),
    ]) {
      const plan = stepsOf(await planOf(query));
      assert.ok(
        plan.some((step) => step['Index Name'] === 'package_by_name'),
        JSON.stringify(plan, null, 1),
      );
      // Rows come in the order of the versions, so that the query ends at its limit.
      for (const step of plan)
        assert.doesNotMatch(step['Node Type'], /Seq|Sort/, JSON.stringify(plan, null, 1));
    }
  }
}

/** Adds 10,000 images of 10 layers, each with a name, and 1,000 images and layers without one. The last use of each is its number. */
const manyImages = `
  insert into image (id, identity, last_used_at) select i, 'image ' || i, i from generate_series(1, 11000) i;
  insert into image_layer (image_id, position, layer)
    select i, p, 'layer ' || (i * 10 + p) from generate_series(1, 10000) i, generate_series(0, 9) p;
  insert into layer (identity, analyzer_key, content, last_used_at)
    select 'layer ' || i, 'key', '{}', i from generate_series(1, 110000) i;
  insert into v1_layer (name, number, image_id, format, engine_version)
    select 'name ' || i, i, i, 'Docker', 1 from generate_series(1, 5000) i;
  insert into ancestry (name, number, image_id, engine_version)
    select 'name ' || i, i, i, 1 from generate_series(5001, 10000) i;
  analyze`;

test('finds unused images and layers without a scan for each, however little memory there is', async (t) => {
  const url = await temporarySchema(t);
  await using engine = await openPostgresEngine(parsePostgresSource(`${url}&work_mem=64kB`), 2);
  await migrate(engine);
  await query(url, manyImages);
  const { db } = engine;
  // Nothing is old, little is, and everything is.
  for (const before of [1, 500, 1_000_000]) {
    for (const query of [
      nextUnusedImages(db, { usedBefore: before }),
      nextUnusedImages(db, { usedBefore: before }, { at: 400, id: 400 }),
      nextUnusedLayers(db, before),
      nextUnusedLayers(db, before, { at: 400, identity: 'layer 400', analyzerKey: 'key' }),
    ]) {
      const plan = await planOf(query);
      const steps = stepsOf(plan);
      assert.deepEqual(
        steps.filter((step) => step['Subplan Name'] !== undefined),
        [],
        JSON.stringify(plan, null, 1),
      );
      // A small table may be scanned once, for a hash.
      const scanned = steps.flatMap((step) =>
        step['Node Type'] === 'Seq Scan' ? (step['Relation Name'] ?? []) : [],
      );
      if (before < 1000)
        assert.deepEqual(
          scanned.filter((table) => table.includes('image') || table === 'layer'),
          [],
          JSON.stringify(plan, null, 1),
        );
    }
  }
  assert.deepEqual(
    (await nextUnusedImages(db, { usedBefore: 1_000_000 }).execute()).map(({ id }) => id),
    Array.from({ length: 1000 }, (_, i) => 10_001 + i),
  );
  assert.equal((await nextUnusedLayers(db, 1_000_000).execute())[0]?.identity, 'layer 1');
});
