import { writeBdb, writeNdb } from '../../../src/testing/rpm-writer.ts';
import { corpusFiles } from '../corpus-seeds.ts';
import type { ListerTargets } from '../lister-targets.ts';
import { bdbMutations, headerMutations, ndbMutations, sqliteMutations } from '../mutation/database.ts';
import { textMutations } from '../mutation/text.ts';
import { fixWal } from '../mutation/wal.ts';
import { rpmHeaders, rpmSqlite } from '../seed-rpm.ts';
import { files, type Input } from '../target/target.ts';

const directory = 'var/lib/rpm';

const bdbSeeds = (): Input[] =>
  [
    {},
    { order: 'big' as const, pageSize: 512 },
    { hashPage: 2 as const, inlineBelow: 200, pageSize: 8192 },
  ].map((options) => files({ [`${directory}/Packages`]: writeBdb(rpmHeaders(), options) }));

const ndbSeeds = (): Input[] => [
  files({ [`${directory}/Packages.db`]: writeNdb(rpmHeaders()) }),
  files({ 'usr/lib/sysimage/rpm/Packages.db': writeNdb([]) }),
];

const sqliteSeeds = (): Input[] => {
  const many = [
    ...rpmHeaders(),
    ...rpmHeaders(),
    ...Array.from({ length: 40 }, () => rpmHeaders()[0] ?? Buffer.alloc(0)),
  ];
  return [
    sqliteInput('delete', 512, many),
    sqliteInput('delete', 4096, rpmHeaders()),
    sqliteInput('wal', 512, rpmHeaders()),
    sqliteInput('wal', 1024, rpmHeaders().slice(0, 2)),
    ...corpusFiles('pkgdb/rpmdb', /rpmdb\.sqlite$/).map((bytes) =>
      files({ [`${directory}/rpmdb.sqlite`]: bytes }),
    ),
  ];
};

function sqliteInput(journal: 'wal' | 'delete', pageSize: number, headers: readonly Buffer[]): Input {
  const { file, log } = rpmSqlite(journal, pageSize, headers);
  const path = `${directory}/rpmdb.sqlite`;
  return files({ [path]: file, ...(log && { [`${path}-wal`]: log }) });
}

/** A header alone, in the simplest database format, which does not verify its checksum. */
const headerSeeds = (): Input[] =>
  rpmHeaders().map((header) => files({ [`${directory}/Packages.db`]: writeNdb([header]) }));

const manifestSeeds = (): Input[] => [
  files({
    'var/lib/rpmmanifest/container-manifest-2':
      'bash\t5.1-1.cm2\t1\t2\tMicrosoft\t(none)\t3\tx86_64\t0\tbash-5.1-1.cm2.src.rpm\nfilesystem\t1.1-9.cm2\t1\t2\tMicrosoft\t(none)\t0\tx86_64\t1\t(none)\n',
  }),
];

/** All database formats of rpm, their headers, and the manifests of images without a database. */
export const targets: ListerTargets = {
  'rpm-bdb': { seeds: bdbSeeds, mutations: [...bdbMutations, ...headerMutations] },
  'rpm-ndb': { seeds: ndbSeeds, mutations: [...ndbMutations, ...headerMutations] },
  'rpm-sqlite': {
    seeds: sqliteSeeds,
    mutations: [...sqliteMutations, fixWal, fixWal, fixWal, ...headerMutations],
  },
  'rpm-header': { seeds: headerSeeds, mutations: [...headerMutations, ...headerMutations] },
  'rpm-manifest': { seeds: manifestSeeds, mutations: textMutations },
};
