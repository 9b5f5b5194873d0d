import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SelectQueryBuilder } from 'kysely';
import { sql } from 'kysely';
import { temporarySchema } from '../../../testing/store-engines.ts';
import type { FleetImageFilter, FleetImagePlace } from '../../finding-index-store.ts';
import { imageOrders } from '../../finding-index-store.ts';
import { openPostgresEngine } from '../dialect/postgres-engine.ts';
import { parsePostgresSource } from '../dialect/postgres-source.ts';
import { openSqliteEngine } from '../dialect/sqlite-engine.ts';
import type { Engine } from '../engine.ts';
import { migrate } from '../migrate.ts';
import type { Tables } from '../schema.ts';
import { allImages, nextImages } from './image-places.ts';
import { pageImages } from './list-images.ts';

/** Numbers of indexes fall while those of images rise, so that no order passes for another. */
const indexOf = (image: number): number => 1_000_000 - image;

/** Adds images. Each has one name. All but each fiftieth are counted. */
async function seed({ db }: Engine, images: number): Promise<void> {
  const rows = sql`with recursive n (i) as (select 1 union all select i + 1 from n where i < ${sql.lit(images)})`;
  const statements = [
    sql`insert into image (id, identity, last_used_at, known_image, unread) ${rows}
      select 1000000 - i, 'image ' || i, 0, i, case when i % 90 = 1 then '[]' end from n`,
    sql`insert into known_image (id, identity, image_id, is_scoped, is_verified, reference, origin, labels, diff_ids,
        first_seen, last_seen) ${rows}
      select i, 'known ' || i, 1000000 - i, 0, 1, 'r', 'registry',
        case when i % 700 = 9 then '{"team":"a_B"}' else '{"team":"axb"}' end, '[]', 0, 0 from n`,
    sql`insert into image_name (repository, tag, platform, since, known_image_id) ${rows}
      select 'example/App-' || (i % 40), 'v' || i, '', 0, i from n`,
    sql`insert into counted_image (image_id, identity, counted_at, namespaces, defcon1, critical, high, medium, low,
        negligible, unknown, fixable, exploited, risk) ${rows}
      select 1000000 - i, 'image ' || i, 0,
        case when i % 400 = 7 then '["debian:12","npm"]' when i % 3 = 0 then '["alpine:v3.20"]' else '["debian:12"]' end,
        0, 0, case when i % 500 = 3 then 1 else 0 end, 0, 0, 0, 0, i % 2, 0, (i * 7919) % 1009
      from n where i % 50 > 0`,
    sql`insert into counted_set (image_id, set_id) ${rows} select 1000000 - i, i % 10 from n where i % 50 > 0
      union all select 1000000 - i, 100 from n where i % 50 > 0`,
    sql`insert into found_vulnerability (id, name, rank, exploited, is_fixable) values (1, 'CVE-1', 1, 0, 0), (2, 'CVE-2', 1, 0, 0)`,
    sql`insert into found_package (id, identity, namespace, lookup_name, type, name, version, purl)
      values (1, '1', 'debian:12', 'a', 'deb', 'a', '1', 'pkg:a'), (2, '2', 'npm', 'b', 'npm', 'b', '1', 'pkg:b')`,
    sql`insert into finding (id, package_id, vulnerability_id, rank, name, package, namespace, exploited, fix_state)
      values (1, 1, 1, 1, 'CVE-1', 'a', 'debian:12', 0, 'unfixed'), (2, 2, 1, 1, 'CVE-1', 'b', 'npm', 0, 'unfixed'),
        (3, 2, 2, 1, 'CVE-2', 'b', 'npm', 0, 'unfixed')`,
    // Each counted image has set 100, so the finding in it is in all of them.
    sql`insert into set_finding (set_id, finding_id) values (3, 1), (4, 1), (5, 2), (100, 3)`,
  ];
  for (const statement of statements) await statement.execute(db);
}

const isCounted = (i: number): boolean => i % 50 > 0;
const isUnread = (i: number): boolean => i % 90 === 1;

/** Filters, and which of the images they have. */
const filters: readonly (readonly [FleetImageFilter, (image: number) => boolean])[] = [
  [{}, () => true],
  [{ namespace: 'npm' }, (i) => isCounted(i) && i % 400 === 7],
  [{ namespace: 'debian:12' }, (i) => isCounted(i) && (i % 3 > 0 || i % 400 === 7)],
  [{ namespace: 'debian:1_' }, () => false],
  [{ namespaces: ['npm', 'alpine:v3.20'] }, (i) => isCounted(i) && (i % 400 === 7 || i % 3 === 0)],
  [
    { assessment: { gaps: ['alpine:v3.20'], hasGap: true } },
    (i) => isCounted(i) && (isUnread(i) || (i % 3 === 0 && i % 400 !== 7)),
  ],
  [
    { assessment: { gaps: ['alpine:v3.20'], hasGap: false } },
    (i) => isCounted(i) && !isUnread(i) && (i % 3 > 0 || i % 400 === 7),
  ],
  [{ severity: 'High', namespace: 'debian:12' }, (i) => i % 500 === 3 && i % 3 > 0],
  [{ isFixable: true }, (i) => isCounted(i) && i % 2 === 1],
  [{ label: { key: 'team', value: 'a_B' } }, (i) => i % 700 === 9],
  [{ text: 'app-3' }, (i) => [3, ...Array.from({ length: 10 }, (_, d) => 30 + d)].includes(i % 40)],
  [{ text: 'P-7:V47' }, (i) => i % 40 === 7 && String(i).startsWith('47')],
  [{ text: 'p-1', isFixable: false }, (i) => isCounted(i) && i % 2 === 0 && /^1/.test(String(i % 40))],
  [{ repository: 'example/App-7' }, (i) => i % 40 === 7],
];

/** Filters by findings. Their tables are too small for the plans of large ones. */
const findingFilters: typeof filters = [
  [{ finding: { vulnerability: 'CVE-1' } }, (i) => isCounted(i) && [3, 4, 5].includes(i % 10)],
  [{ finding: { vulnerability: 'CVE-1', purl: 'pkg:a' } }, (i) => isCounted(i) && [3, 4].includes(i % 10)],
  [{ finding: { vulnerability: 'CVE-1' }, namespace: 'npm' }, (i) => isCounted(i) && i % 10 === 5],
  [{ finding: { vulnerability: 'CVE-2' } }, isCounted],
  [{ finding: { vulnerability: 'CVE-3' } }, () => false],
];

/** A filter that an engine answers without reading. */
const none: (typeof filters)[number] = [{ namespaces: [] }, () => false];

const orderOf: Readonly<Record<(typeof imageOrders)[number], (a: number, b: number) => number>> = {
  number: (a, b) => a - b,
  seen: (a, b) => b - a,
  risk: (a, b) => riskOf(b) - riskOf(a) || (isCounted(a) ? indexOf(b) - indexOf(a) : b - a),
};

function riskOf(image: number): number {
  return isCounted(image) ? (image * 7919) % 1009 : -1;
}

async function walk(
  engine: Engine,
  filter: FleetImageFilter,
  order: (typeof imageOrders)[number],
): Promise<number[]> {
  const found: number[] = [];
  for (let after: FleetImagePlace | undefined; ; ) {
    const page = await pageImages(engine.db, filter, { order, limit: 600, ...(after && { after }) });
    found.push(...page.images.map(({ image }) => image.number));
    if (page.next === undefined) return found;
    after = page.next;
  }
}

const engines: readonly (readonly [string, (t: Parameters<typeof temporarySchema>[0]) => Promise<Engine>])[] =
  [
    ['sqlite', () => openSqliteEngine(':memory:')],
    ['postgresql', async (t) => openPostgresEngine(parsePostgresSource(await temporarySchema(t)), 2)],
  ];

for (const [name, open] of engines)
  test(`${name}: lists the images of a filter in each order, many or few`, async (t) => {
    await using engine = await open(t);
    await migrate(engine);
    await seed(engine, 2_300);
    const all = Array.from({ length: 2_300 }, (_, i) => i + 1);
    for (const [filter, has] of [...filters, ...findingFilters, none])
      for (const order of imageOrders) {
        const expected = all.filter(has).sort(orderOf[order]);
        assert.deepEqual(await walk(engine, filter, order), expected, JSON.stringify([filter, order]));
      }
  });

/** A step of a plan, as the server reports it. */
interface Step {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly Plans?: readonly Step[];
}

function stepsOf(step: Step): Step[] {
  return [step, ...(step.Plans ?? []).flatMap(stepsOf)];
}

async function planOf(query: Pick<SelectQueryBuilder<Tables, never, object>, 'explain'>): Promise<Step[]> {
  const [row] = (await query.explain('json')) as [{ 'QUERY PLAN': [{ Plan: Step }] }];
  return stepsOf(row['QUERY PLAN'][0].Plan);
}

test('postgresql: tries the next images along an index, and follows none to read all', async (t) => {
  const url = await temporarySchema(t);
  for (const mode of ['force_custom_plan', 'force_generic_plan']) {
    await using engine = await openPostgresEngine(parsePostgresSource(`${url}&plan_cache_mode=${mode}`), 1);
    await migrate(engine);
    if (mode === 'force_custom_plan') await seed(engine, 50_000);
    await sql`analyze`.execute(engine.db);
    const after: FleetImagePlace = [700, 25_000];
    for (const [filter] of filters.slice(1, -1))
      for (const order of imageOrders) {
        const request = { filter, order, after, limit: 101 };
        const next = await planOf(nextImages(engine.db, request));
        assert.deepEqual(
          next.filter((step) => /Seq|^Sort/.test(step['Node Type'])),
          [],
          JSON.stringify([mode, request]),
        );
        const all = await planOf(allImages(engine.db, request));
        assert.ok(
          all.some((step) => step['Node Type'].includes('Sort')),
          JSON.stringify([mode, request]),
        );
      }
  }
});
