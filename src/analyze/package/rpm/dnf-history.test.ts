import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type SqliteEngine, writeSqlite } from '../../../testing/sqlite-writer.ts';
import { readDnfHistory } from './dnf-history.ts';

/** The dnf tables that are read, reduced to keys, names and order of the columns. */
const dnf4 = `create table repo (id integer primary key, repoid text not null);
  create table trans_item (id integer primary key autoincrement, trans_id integer, item_id integer references item(id),
    repo_id integer references repo(id), action integer not null, reason integer not null, state integer not null)`;
const dnf5 = `create table repo (id integer primary key, repoid text not null /* repository ID, aka 'repoid' */);
  create table trans_item_action (id integer primary key, name text);
  insert into trans_item_action values (1,'Install'),(2,'Upgrade'),(3,'Downgrade'),(4,'Reinstall'),(5,'Remove'),(6,'Replaced');
  create table trans_item (id integer primary key autoincrement, trans_id integer, item_id integer, repo_id integer,
    action_id integer not null references trans_item_action(id) /* (enum) */, reason_id integer, state_id integer)`;

const versions = [
  { tables: dnf4, action: 'action', isRemoval: 'action = 8' },
  {
    tables: dnf5,
    action: 'action_id',
    isRemoval: "(select name from trans_item_action a where a.id = action_id) is 'Remove'",
  },
];

const repositories = ['@System', 'ubi-9-baseos-rpms', 'rhel-9-appstream-rpms', 'epel', '@commandline'];

function fill(engine: SqliteEngine, action: string, steps: readonly (readonly number[])[]): void {
  for (const [index, name] of repositories.entries())
    engine.prepare('insert into repo values (?, ?)').run(index + 1, name);
  const statement = engine.prepare(
    `insert into trans_item values (null, 1, ?, ?, ?, 1, 1) -- item, repository, ${action}`,
  );
  for (const step of steps) statement.run(...step);
}

for (const [index, { tables, action, isRemoval }] of versions.entries()) {
  test(`dnf ${index + 4}: finds the repositories that SQLite finds`, () => {
    const step = fc.tuple(
      fc.nat(5),
      fc.integer({ min: 1, max: repositories.length }),
      fc.constantFrom(1, 2, 5, 6, 8),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), fc.constantFrom('wal', 'delete'), (steps, journal) => {
        let expected: unknown[] = [];
        const { file, log } = writeSqlite(journal, 512, (engine) => {
          engine.exec(tables);
          fill(engine, action, steps);
          const query = `select distinct repoid from trans_item t join repo r on r.id = t.repo_id
            where t.id in (select max(id) from trans_item where not ${isRemoval} group by item_id)
            and repoid not like '@%' order by repoid`;
          expected = engine
            .prepare(query)
            .all()
            .map(({ repoid }) => repoid);
        });
        assert.deepEqual(readDnfHistory(file, log), { repositories: expected, problems: [] });
      }),
      { numRuns: 25 },
    );
  });
}

test('dnf: reports an invalid history, and one without a table or column', () => {
  const problemsOf = (bytes: Buffer) => readDnfHistory(bytes, undefined).problems.join('; ');
  const of = (statement: string) =>
    writeSqlite('delete', 512, (engine) => {
      engine.exec(statement);
    }).file;
  assert.match(problemsOf(Buffer.from('not a database')), /cut off within its header/);
  assert.match(
    problemsOf(of('create table a(b)')),
    /has no table repo in the form that dnf creates; .*trans_item/,
  );
  assert.match(
    problemsOf(of(dnf4.replace('repo_id', 'other'))),
    /has no table trans_item in the form that dnf creates/,
  );
  const whole = of(dnf4);
  assert.match(problemsOf(whole.subarray(0, -512)), /is cut off/);
});
