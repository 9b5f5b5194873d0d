import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { bareEngines } from '../../../testing/bare-engines.ts';
import { BulkWriter } from '../bulk-writer.ts';
import type { Engine } from '../engine.ts';
import { migrate } from '../migrate.ts';
import { countIn } from './image-deltas.ts';

const images = Array.from({ length: 60 }, (_, i) => i + 1);

/** The sets of an image, which share findings and packages. Some images have the same sets. */
const setsOf = (image: number): number[] => [...new Set([image % 7, image % 11, 20 + (image % 3)])];

/** Findings and packages of a set. One set has none. */
const findingsOf = (set: number): number[] =>
  set === 5 ? [] : [...new Set([1 + (set % 4), 5 + (set % 3), 30 - set])];
const packagesOf = (set: number): number[] => (set === 5 ? [] : [1 + (set % 6), 10 + (set % 2), 12]);
const vulnerabilityOf = (finding: number): number => 1 + (finding % 9);
/** Packages 10 and 12 have one name. Package 11 has none. */
const nameOf = (item: number): string | undefined =>
  item === 11 ? undefined : `name ${item === 12 ? 10 : item}`;

async function seed({ db }: Engine): Promise<void> {
  const insert = async (
    table: ConstructorParameters<typeof BulkWriter>[1],
    columns: readonly string[],
    rows: readonly (readonly (string | number | null)[])[],
  ): Promise<void> => {
    const writer = new BulkWriter(db, table, columns);
    for (const row of rows) await writer.add(row);
    await writer.finish();
  };
  const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
  const sets = [...new Set(images.flatMap(setsOf))];
  await insert('namespace', ['id', 'name', 'version_scheme'], [[1, 'debian:12', 'dpkg']]);
  await insert(
    'package',
    ['id', 'identity', 'namespace_id', 'lookup_name', 'name', 'version', 'type', 'purl', 'found_by'],
    numbers(12).map((id) => [id, `package ${id}`, 1, nameOf(id) ?? null, 'n', '1', 'deb', 'pkg:deb/n', 'x']),
  );
  await insert(
    'set_package',
    ['set_id', 'position', 'package_id'],
    sets.flatMap((set) => packagesOf(set).map((item, position) => [set, position, item])),
  );
  await insert(
    'found_vulnerability',
    ['id', 'name', 'rank', 'exploited', 'is_fixable'],
    numbers(9).map((id) => [id, `CVE-${id}`, 1, 0, 0]),
  );
  await insert(
    'finding',
    [
      'id',
      'package_id',
      'vulnerability_id',
      'rank',
      'name',
      'package',
      'namespace',
      'exploited',
      'fix_state',
    ],
    numbers(30).map((id) => [id, id, vulnerabilityOf(id), 1, 'CVE', 'n', 'debian:12', 0, 'unfixed']),
  );
  await insert(
    'set_finding',
    ['set_id', 'finding_id'],
    sets.flatMap((set) => findingsOf(set).map((finding) => [set, finding])),
  );
  await insert(
    'counted_set',
    ['image_id', 'set_id'],
    images.flatMap((image) => setsOf(image).map((set) => [image, set])),
  );
}

/** The numbers of images by value, without values that no image has. */
async function counted({ db }: Engine): Promise<Record<string, Record<string, number>>> {
  const findings = await db
    .selectFrom('finding')
    .select(['id as value', 'images'])
    .where('images', '!=', 0)
    .execute();
  const vulnerabilities = await db
    .selectFrom('found_vulnerability')
    .select(['id as value', 'images'])
    .where('images', '!=', 0)
    .execute();
  const names = await db
    .selectFrom('installed_name')
    .select(['name as value', 'images'])
    .where('images', '!=', 0)
    .execute();
  const byValue = (rows: readonly { value: number | string; images: number }[]): Record<string, number> =>
    Object.fromEntries(rows.map(({ value, images: count }) => [value, count]));
  return { findings: byValue(findings), vulnerabilities: byValue(vulnerabilities), names: byValue(names) };
}

/** Counts image by image. */
function expected(of: readonly number[]): Record<string, Record<string, number>> {
  const count = (valuesOf: (set: number) => readonly (number | string)[]): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const image of of)
      for (const value of new Set(setsOf(image).flatMap(valuesOf))) counts[value] = (counts[value] ?? 0) + 1;
    return counts;
  };
  return {
    findings: count(findingsOf),
    vulnerabilities: count((set) => findingsOf(set).map(vulnerabilityOf)),
    names: count((set) => packagesOf(set).flatMap((item) => nameOf(item) ?? [])),
  };
}

/** Returns the vulnerabilities whose summary is due, and settles them. */
async function takeDue({ db }: Engine): Promise<number[]> {
  const rows = await db
    .selectFrom('found_vulnerability')
    .select('id')
    .where('summary_due', '>', 0)
    .orderBy('id')
    .execute();
  await db.updateTable('found_vulnerability').set({ summary_due: 0 }).execute();
  return rows.map(({ id }) => id);
}

/** The vulnerabilities of findings that images have and others have not. */
function onlyOf(these: readonly number[], others: readonly number[]): number[] {
  const held = expected(others)['findings'] ?? {};
  const own = Object.keys(expected(these)['findings'] ?? {}).filter((finding) => held[finding] === undefined);
  return [...new Set(own.map((finding) => vulnerabilityOf(Number(finding))))].sort((a, b) => a - b);
}

// All images at once, some at a time, and each alone.
for (const { name, engine: open } of bareEngines)
  for (const rowsMax of [200_000, 40, 1])
    test(`${name}: counts what images have once each, ${rowsMax} rows at a time`, async (t) => {
      await using engine = await (await open(t))();
      await migrate(engine);
      await seed(engine);
      const [first, second] = [images.slice(0, 5), images.slice(5)];
      await countIn(engine.db, first, 1, rowsMax);
      assert.deepEqual(await counted(engine), expected(first));
      assert.deepEqual(await takeDue(engine), onlyOf(first, []));
      await countIn(engine.db, second, 1, rowsMax);
      assert.deepEqual(await counted(engine), expected(images));
      assert.deepEqual(await takeDue(engine), onlyOf(second, first));
      await countIn(engine.db, second, -1, rowsMax);
      assert.deepEqual(await counted(engine), expected(first));
      assert.deepEqual(await takeDue(engine), onlyOf(second, first));
      await countIn(engine.db, first, -1, rowsMax);
      assert.deepEqual(await counted(engine), { findings: {}, vulnerabilities: {}, names: {} });
      await countIn(engine.db, [], 1, rowsMax);
    });

for (const { name, engine: open } of bareEngines)
  test(`${name}: counts images with more sets than a statement has parameters`, async (t) => {
    await using engine = await (await open(t))();
    await migrate(engine);
    await sql`insert into finding (id, package_id, vulnerability_id, rank, name, package, namespace, exploited, fix_state)
      values (1, 1, 1, 1, 'CVE-1', 'a', 'debian:12', 0, 'unfixed')`.execute(engine.db);
    await sql`insert into found_vulnerability (id, name, rank, exploited, is_fixable) values (1, 'CVE-1', 1, 0, 0)`.execute(
      engine.db,
    );
    // Each set has the finding, and each of 70 images has 1,000 sets of its own.
    const rows = sql`with recursive n (i) as (select 1 union all select i + 1 from n where i < 70000)`;
    await sql`insert into set_finding (set_id, finding_id) ${rows} select i, 1 from n`.execute(engine.db);
    await sql`insert into counted_set (image_id, set_id) ${rows} select 1 + i % 70, i from n`.execute(
      engine.db,
    );
    await countIn(
      engine.db,
      Array.from({ length: 70 }, (_, i) => 1 + i),
      1,
    );
    const counts = await counted(engine);
    assert.deepEqual(counts, { findings: { 1: 70 }, vulnerabilities: { 1: 70 }, names: {} });
  });

test('postgresql: leaves half of the pages free whose numbers of images change', async (t) => {
  const postgres = bareEngines.find((one) => one.name === 'postgresql');
  assert.ok(postgres);
  await using engine = await (await postgres.engine(t))();
  await migrate(engine);
  const { rows } = await sql<{ relname: string }>`
    select relname from pg_class where relnamespace = current_schema()::regnamespace
      and 'fillfactor=50' = any(reloptions) order by relname
  `.execute(engine.db);
  assert.deepEqual(
    rows.map(({ relname }) => relname),
    ['finding', 'found_vulnerability', 'installed_name'],
  );
});
