import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeRpmHeader, writeRpmPackage } from '../../src/testing/rpm-writer.ts';

/** Returns package headers: small ones, one with all tags that are read, one of several pages, a key, and an empty one. */
export function rpmHeaders(): Buffer[] {
  return [
    writeRpmPackage('bash'),
    writeRpmPackage('openssl', [
      [1003, 1],
      [1011, 'Red Hat, Inc.'],
      [1014, 'ASL 2.0'],
      [1044, 'openssl-3.0.7-1.el9.src.rpm'],
      [1117, ['openssl', 'lib.so']],
      [5096, 'nodejs:18:9020020230327152102:rhel9'],
    ]),
    writeRpmPackage('glibc', [[1004, ['x'.repeat(5000), 'y']]]),
    writeRpmPackage('gpg-pubkey'),
    writeRpmHeader([]),
  ];
}

/** Returns a database written by SQLite, with its write-ahead log if it has one. */
export function rpmSqlite(
  journal: 'wal' | 'delete',
  pageSize: number,
  headers: readonly Buffer[],
): { file: Buffer; log: Buffer | undefined } {
  const directory = mkdtempSync(join(tmpdir(), 'fuzz-rpmdb-'));
  const path = join(directory, 'rpmdb.sqlite');
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
  const engine = new DatabaseSync(path);
  try {
    engine.exec(`pragma page_size=${pageSize}; pragma journal_mode=${journal}; pragma wal_autocheckpoint=0;`);
    engine.exec('create table Packages(hnum integer primary key autoincrement, blob blob not null)');
    const statement = engine.prepare('insert into Packages(blob) values (?)');
    for (const header of headers) statement.run(header);
    return { file: readFileSync(path), log: journal === 'wal' ? readFileSync(`${path}-wal`) : undefined };
  } finally {
    engine.close();
    rmSync(directory, { recursive: true });
  }
}
