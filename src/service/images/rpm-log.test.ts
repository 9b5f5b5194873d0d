import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { builtIn } from '../../extensions.ts';
import { fileEntry, packagesTable, rpmHeaders, rpmSqlite, stackReader } from '../../testing/layer-stack.ts';
import { readBySqlite, type WrittenDatabase, writeSqlite } from '../../testing/sqlite-writer.ts';
import { type TarEntryPlan, tar } from '../../testing/tar-writer.ts';

const { readLayers } = stackReader(builtIn);

/** Returns a database with openssl in its log, or with openssl in the file and a log that removes it. */
function logged(isAdded: boolean): WrittenDatabase {
  const [base, openssl] = rpmHeaders('base', 'openssl');
  return writeSqlite('wal', 4096, (engine) => {
    const insert = engine.prepare.bind(engine);
    engine.exec(packagesTable);
    insert('insert into Packages(blob) values (?)').run(base ?? Buffer.alloc(0));
    if (!isAdded) insert('insert into Packages(blob) values (?)').run(openssl ?? Buffer.alloc(0));
    engine.exec('pragma wal_checkpoint(truncate)');
    if (isAdded) insert('insert into Packages(blob) values (?)').run(openssl ?? Buffer.alloc(0));
    else engine.exec('delete from Packages where hnum = 2');
  });
}

const database = 'var/lib/rpm/rpmdb.sqlite';
const log = `${database}-wal`;
const nothing = Buffer.alloc(0);

/** Changes that upper layers make to a database and its log, with the pair that a container then has. */
const pairs: Readonly<
  Record<string, (pair: WrittenDatabase) => readonly [upper: readonly TarEntryPlan[], shown: WrittenDatabase]>
> = {
  'removes the log': ({ file: bytes }) => [
    [fileEntry('var/lib/rpm/.wh.rpmdb.sqlite-wal', nothing)],
    { file: bytes, log: undefined },
  ],
  'empties the log': ({ file: bytes }) => [[fileEntry(log, nothing)], { file: bytes, log: undefined }],
  'replaces the database': ({ log: bytes }) => [
    [fileEntry(database, rpmSqlite('base'))],
    { file: rpmSqlite('base'), log: bytes },
  ],
  'replaces both': () => [
    [fileEntry(database, rpmSqlite('base', 'openssl')), fileEntry(log, nothing)],
    { file: rpmSqlite('base', 'openssl'), log: undefined },
  ],
  'writes the log into the database': () => [
    [
      fileEntry(database, rpmSqlite('base', 'openssl')),
      fileEntry('var/lib/rpm/.wh.rpmdb.sqlite-wal', nothing),
    ],
    { file: rpmSqlite('base', 'openssl'), log: undefined },
  ],
};

suite('rpm in SQLite: lists the same as SQLite or reports a reason when a later layer', () => {
  for (const [what, change] of Object.entries(pairs))
    test(what, async () => {
      for (const isAdded of [true, false]) {
        const pair = logged(isAdded);
        const [upper, shown] = change(pair);
        const lower = tar([fileEntry(database, pair.file), fileEntry(log, pair.log ?? nothing)]);
        const rows = readBySqlite(shown, 'select count(*) from Packages') ?? [];
        const { packages, problems } = await readLayers(lower, tar(upper));
        const isKnown = packages.length === rows[0] && packages.includes('openssl') === (rows[0] === 2);
        assert.ok(
          isKnown || /is read together with/.test(problems.join()),
          `${rows.join()} ${packages.join()}`,
        );
        if (what.startsWith('replaces both') || what.startsWith('writes')) assert.deepEqual(problems, []);
      }
    });

  test('changes neither of them', async () => {
    for (const isAdded of [true, false]) {
      const pair = logged(isAdded);
      const lower = tar([fileEntry(database, pair.file), fileEntry(log, pair.log ?? nothing)]);
      const { packages, problems } = await readLayers(lower, tar([fileEntry('etc/motd', nothing)]));
      assert.deepEqual([packages, problems], [isAdded ? ['base', 'openssl'] : ['base'], []]);
    }
  });
});
