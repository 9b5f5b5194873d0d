import { writeRpmPackage } from '../../../src/testing/rpm-writer.ts';
import { writeSqlite } from '../../../src/testing/sqlite-writer.ts';
import type { Random } from '../../random.ts';

/** A package database: its possible files, and contents with packages that no other file of an image has. */
export interface DatabaseKind {
  /** Paths of files that make up the database. The first one is the database itself. */
  readonly files: readonly string[];
  /** Directories in which further files may be part of the database. A trailing slash means that every file is read. */
  readonly directories: readonly string[];
  /** Returns a file with one package for one of the paths. `serial` makes it unique. */
  content(path: string, serial: number): Buffer;
}

const dpkg: DatabaseKind = {
  files: ['var/lib/dpkg/status', 'var/lib/dpkg/status.d/base', 'var/lib/dpkg/updates/0001'],
  directories: ['var', 'var/lib', 'var/lib/dpkg', 'var/lib/dpkg/status.d', 'var/lib/dpkg/updates'],
  content: (_, serial) =>
    Buffer.from(
      `Package: p${serial}\nStatus: install ok installed\nMaintainer: x <x@example.org>\nArchitecture: amd64\nVersion: 1.${serial}\nDescription: x\n\n`,
    ),
};

const apk: DatabaseKind = {
  files: ['lib/apk/db/installed', 'usr/lib/apk/db/installed'],
  directories: ['lib', 'lib/apk', 'lib/apk/db', 'usr', 'usr/lib', 'usr/lib/apk', 'usr/lib/apk/db'],
  content: (_, serial) => Buffer.from(`P:p${serial}\nV:1.${serial}-r0\nA:x86_64\no:p${serial}\nL:MIT\n\n`),
};

/** A few databases that all images share, since SQLite takes time to create one. */
const rpmDatabases = Array.from({ length: 6 }, (_, i) => {
  let file: Buffer | undefined;
  return (): Buffer => {
    file ??= writeSqlite('delete', 512, (engine) => {
      engine.exec("CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT,blob BLOB NOT NULL)");
      engine.prepare('INSERT INTO Packages(blob) VALUES (?)').run(writeRpmPackage(`p${i}`));
    }).file;
    return file;
  };
});

const rpm: DatabaseKind = {
  files: ['var/lib/rpm/rpmdb.sqlite', 'usr/lib/sysimage/rpm/rpmdb.sqlite'],
  directories: [
    'var',
    'var/lib',
    'var/lib/rpm',
    'usr',
    'usr/lib',
    'usr/lib/sysimage',
    'usr/lib/sysimage/rpm',
  ],
  content: (_, serial) => rpmDatabases[serial % rpmDatabases.length]?.() ?? Buffer.alloc(0),
};

const release: DatabaseKind = {
  files: ['etc/os-release', 'usr/lib/os-release'],
  directories: ['etc', 'usr', 'usr/lib'],
  content: (_, serial) => Buffer.from(`ID=debian\nVERSION_ID="${10 + serial}"\n`),
};

/** Returns one of the kinds. Prefers dpkg, which has the most files that depend on each other. */
export function anyDatabase(random: Random): DatabaseKind {
  return random.pick([dpkg, dpkg, dpkg, dpkg, apk, apk, apk, rpm, release]);
}

/** The release file of images, unless the image varies it. */
export const baseRelease = {
  path: 'etc/os-release',
  content: Buffer.from('ID=debian\nVERSION_ID="12"\n'),
} as const;
