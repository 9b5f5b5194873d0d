import { zstdCompressSync } from 'node:zlib';
import { builtIn } from '../../../src/extensions.ts';
import type { PackageLister } from '../../../src/plugin/package-lister.ts';
import { writeBdb, writeNdb } from '../../../src/testing/rpm-writer.ts';
import { corpusFiles } from '../corpus-seeds.ts';
import { checkLister } from '../judge.ts';
import { within } from '../mutation/compressed.ts';
import { bdbMutations, headerMutations, ndbMutations, sqliteMutations } from '../mutation/database.ts';
import type { Mutation } from '../mutation/mutation.ts';
import { textMutations, words } from '../mutation/text.ts';
import { fixWal } from '../mutation/wal.ts';
import { rpmHeaders, rpmSqlite } from '../seed-rpm.ts';
import { files, type Input, type Target } from './target.ts';

const status = 'var/lib/dpkg/status';
const apkFile = 'lib/apk/db/installed';
const rpmDirectory = 'var/lib/rpm';

const dpkgSeeds = (): Input[] => [
  files({
    [status]:
      'Package: bash\nStatus: install ok installed\nVersion: 5.2-1\nArchitecture: amd64\nSource: bash (5.2)\nDescription: x\n y\n\nPackage: old\nStatus: deinstall ok config-files\nVersion: 1\n\n',
    'var/lib/dpkg/info/bash.list': '/.\n/bin\n/bin/bash\n/usr/lib/python3/dist-packages/x-1.egg-info\n',
    'var/lib/dpkg/info/x:amd64.list': '/usr/lib/node_modules/x/package.json\n',
    'var/lib/dpkg/info/bash.md5sums':
      'd41d8cd98f00b204e9800998ecf8427e  usr/lib/python3/dist-packages/x-1.egg-info\n',
  }),
  files({
    'var/lib/dpkg/status.d/base': 'Package: base-files\nVersion: 12\nArchitecture: all\n',
    'var/lib/dpkg/status.d/base.md5sums':
      'd41d8cd98f00b204e9800998ecf8427e  usr/lib/python3/dist-packages/x-1.egg-info\n',
  }),
  ...corpusFiles('pkgdb/dpkg', /./).map((bytes) => files({ [status]: bytes })),
];

const apkSeeds = (): Input[] => [
  files({
    [apkFile]:
      'C:Q1x=\nP:musl\nV:1.2.4-r2\nA:x86_64\nS:1\no:musl\nF:lib\nR:ld-musl-x86_64.so.1\na:0:0:755\nF:usr/lib/node_modules/x\nR:package.json\n\nP:.build-deps\nV:2024\n\n',
  }),
  ...corpusFiles('pkgdb/apk', /./).map((bytes) => files({ [apkFile]: bytes })),
];

const bdbSeeds = (): Input[] =>
  [
    {},
    { order: 'big' as const, pageSize: 512 },
    { hashPage: 2 as const, inlineBelow: 200, pageSize: 8192 },
  ].map((options) => files({ [`${rpmDirectory}/Packages`]: writeBdb(rpmHeaders(), options) }));

const ndbSeeds = (): Input[] => [
  files({ [`${rpmDirectory}/Packages.db`]: writeNdb(rpmHeaders()) }),
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
      files({ [`${rpmDirectory}/rpmdb.sqlite`]: bytes }),
    ),
  ];
};

function sqliteInput(journal: 'wal' | 'delete', pageSize: number, headers: readonly Buffer[]): Input {
  const { file, log } = rpmSqlite(journal, pageSize, headers);
  const path = `${rpmDirectory}/rpmdb.sqlite`;
  return files({ [path]: file, ...(log && { [`${path}-wal`]: log }) });
}

/** A header alone, in the plainest of the databases, which does not read its checksum. */
const headerSeeds = (): Input[] =>
  rpmHeaders().map((header) => files({ [`${rpmDirectory}/Packages.db`]: writeNdb([header]) }));

const manifestSeeds = (): Input[] => [
  files({
    'var/lib/rpmmanifest/container-manifest-2':
      'bash\t5.1-1.cm2\t1\t2\tMicrosoft\t(none)\t3\tx86_64\t0\tbash-5.1-1.cm2.src.rpm\nfilesystem\t1.1-9.cm2\t1\t2\tMicrosoft\t(none)\t0\tx86_64\t1\t(none)\n',
  }),
];

/** The manifest of Chisel is compressed. */
const chiselSeeds = (): Input[] => [
  files({
    'var/lib/chisel/manifest.wall': zstdCompressSync(
      '{"jsonwall":"1.0","schema":"1.0","count":4}\n{"kind":"package","name":"libc6","version":"2.39-0ubuntu8","sha256":"00","arch":"amd64"}\n{"kind":"path","path":"/usr/bin/ldd","mode":"0755","slices":["libc6_libs"]}\n{"kind":"slice","name":"libc6_libs"}\n',
    ),
  }),
];

const dpkgWords = words(
  'Package: ',
  'Status: ',
  'install ok unpacked',
  'deinstall ok config-files',
  'triggers-awaited',
  'Version: ',
  'Source: a (1)',
  'Architecture: ',
  '(',
  ')',
  '\npackage: x\n',
);
const apkWords = words('\nP:', '\nV:', '\nA:', '\no:', '\nF:', '\nR:', '\n\n', 'P:.x', '\nr:', '\nM:');

/** The listers of every kind of package database. */
export function listerTargets(): Target[] {
  const inRpm = (seeds: () => Input[], mutations: readonly Mutation[]) => ({
    lister: 'rpm',
    seeds,
    mutations: [...mutations, ...headerMutations],
  });
  const known = {
    dpkg: { lister: 'dpkg', seeds: dpkgSeeds, mutations: [...textMutations, dpkgWords, dpkgWords] },
    apk: { lister: 'apk', seeds: apkSeeds, mutations: [...textMutations, apkWords, apkWords] },
    'rpm-bdb': inRpm(bdbSeeds, bdbMutations),
    'rpm-ndb': inRpm(ndbSeeds, ndbMutations),
    'rpm-sqlite': inRpm(sqliteSeeds, [...sqliteMutations, fixWal, fixWal, fixWal]),
    'rpm-header': inRpm(headerSeeds, headerMutations),
    'rpm-manifest': { lister: 'rpm', seeds: manifestSeeds, mutations: textMutations },
    chisel: { lister: 'chisel', seeds: chiselSeeds, mutations: within([...textMutations, otherWords]) },
  };
  const named = new Set(Object.values(known).map(({ lister }) => lister));
  const targets = Object.entries(known).flatMap(([name, { lister, seeds, mutations }]) =>
    builtIn.listers
      .filter((one) => one.name === lister)
      .map((one) => target(name, one, { seeds, mutations })),
  );
  const others = builtIn.listers.filter(({ name }) => !named.has(name));
  return [
    ...targets,
    ...others.map((one) =>
      target(one.name, one, { seeds: () => seedsOfOther(one), mutations: [...textMutations, otherWords] }),
    ),
  ];
}

const otherWords = words(
  '{',
  '}',
  '[]',
  '":',
  '"kind":"package",',
  '"jsonwall":"1.0",',
  '"content_sets":[',
  '"metadata":{',
  'null',
  '\n',
);

/** Whatever else is listed is text: lines of JSON or documents of it. */
function seedsOfOther({ wants }: PackageLister): Input[] {
  const texts = [
    '{"metadata":{"icm_version":1,"icm_spec":"x","image_layer_index":1},"content_sets":["rhel-9-for-x86_64-baseos-rpms"],"image_contents":[]}',
    'FROM x\nLABEL "com.redhat.component"="ubi9-container" name="ubi9" version="9.4" "release"="1" architecture="x86_64"\n',
  ];
  return wants.flatMap((pattern) => texts.map((text) => files({ [concrete(pattern)]: text })));
}

/** A path that fits a pattern. */
export function concrete(pattern: string): string {
  return pattern.replace('*', 'x');
}

function target(
  name: string,
  lister: PackageLister,
  { seeds, mutations }: Pick<Target, 'seeds' | 'mutations'>,
): Target {
  const paths = [
    ...new Set([...seeds().flatMap((input) => [...input.keys()]), ...lister.wants.map(concrete)]),
  ];
  return {
    name,
    paths,
    seeds,
    mutations,
    run: (input) => {
      checkLister(lister, input);
    },
  };
}
