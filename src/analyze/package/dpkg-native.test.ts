import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { toolTest } from '../../testing/native-tool.ts';
import { dpkgLister } from './dpkg.ts';

const directory = 'var/lib/dpkg/';

/** Files in `var/lib/dpkg` by name. */
type Database = Readonly<Record<string, string>>;

function read(database: Database): { packages: string[]; problems: string[] } {
  const files = new Map(
    Object.entries(database).map(([name, text]) => [directory + name, Buffer.from(text, 'latin1')]),
  );
  const listed = [...dpkgLister.list(files)];
  return {
    packages: listed.flatMap((item) =>
      item.kind === 'package'
        ? [`${item.package.name} ${item.package.version} ${item.package.source?.name ?? ''}`]
        : [],
    ),
    problems: listed.flatMap((item) => (item.kind === 'problem' ? [item.problem] : [])),
  };
}

/** Returns the packages with files present according to dpkg-query; undefined if it refuses the database. */
function dpkgQuery(place: string, database: Database): string[] | undefined {
  rmSync(join(place, 'updates'), { recursive: true, force: true });
  for (const name of ['updates', 'info']) mkdirSync(join(place, name), { recursive: true });
  for (const [name, text] of Object.entries(database)) writeFileSync(join(place, name), text, 'latin1');
  // biome-ignore lint/suspicious/noTemplateCurlyInString: these are placeholders of dpkg-query
  const format = '${db:Status-Status} ${Package} ${Version} ${source:Package}\\n';
  const { status, stdout } = spawnSync('dpkg-query', [`--admindir=${place}`, '-W', '-f', format], {
    encoding: 'utf8',
  });
  return status === 0
    ? stdout.split('\n').flatMap((line) => /^(?!not-installed|config-files)\S+ (.+)$/.exec(line)?.[1] ?? [])
    : undefined;
}

const entry = (text: string): string => `${text}Maintainer: x\nArchitecture: amd64\nDescription: x\n`;
const plain = entry('Package: openssl\nStatus: install ok installed\nVersion: 1.0-1\n');
const blanks = ' \t'.repeat(3000);

/** Entries that dpkg reads in an unusual way. */
const forms: Readonly<Record<string, string>> = {
  'a name in capitals': plain.replace('openssl', 'OpenSSL'),
  'fields in another case': plain.replace('Package', 'pACKAGE').replace('Version', 'VERSION'),
  'a status in capitals': plain.replace('install ok installed', 'Install OK INSTALLED'),
  'a status without blanks': plain.replace('install ok installed', 'installokinstalled'),
  'a status with many blanks': plain.replace('install ok installed', '\tinstall \t ok\tinstalled  '),
  'blanks before the colon': plain.replaceAll(':', ' \t :'),
  'other blanks around the colon': plain.replace('Version: ', 'Version\v\f:\r\f'),
  'thousands of blanks after the colon': plain.replaceAll(': ', `:${blanks}`),
  'thousands of blanks before the colon': plain.replaceAll(':', `${blanks}:`),
  'thousands of blanks before a source': `${plain}Source:${blanks}other\n`,
  'a source in capitals': `${plain}Source: Other\n`,
  'an end-of-file character for a line feed': plain.replace('Version', 'Priority: x\x1aVersion'),
  'an end-of-file character between entries': `${plain}\x1a${plain.replace('openssl', 'zlib')}`,
  'no blank after the colon': plain.replaceAll(': ', ':'),
  ...Object.fromEntries(
    ['unpacked', 'half-installed', 'half-configured', 'config-files', 'not-installed'].map((state) => [
      `the state ${state}`,
      plain.replace('ok installed', `ok ${state}`),
    ]),
  ),
};

suite('dpkg: lists what dpkg-query lists, without a problem', () => {
  for (const [name, status] of Object.entries(forms))
    toolTest('dpkg-query', name, (place) => {
      assert.deepEqual(read({ status }), { packages: dpkgQuery(place, { status }) ?? [], problems: [] });
    });
});

/** Databases that are not read as dpkg reads them, or that dpkg refuses. */
const doubtful: Readonly<Record<string, readonly [problem: RegExp, database: Database]>> = {
  'a journal that adds': [/not written to its status file/, { status: '', 'updates/0000': plain }],
  'a journal that replaces': [
    /not written to its status file/,
    { status: plain, 'updates/0': plain.replace('1.0', '0.9'), 'updates/1': plain.replace('1.0', '0.8') },
  ],
  'a journal in capitals': [
    /not written to its status file/,
    { status: '', 'updates/0123456789': plain.replace('openssl', 'OPENSSL') },
  ],
  'names of the journal that differ in length': [
    /not written to its status file/,
    { status: plain, 'updates/0': plain, 'updates/00': plain },
  ],
  'a line of blanks': [/line of blanks/, { status: `${plain} \t\n${plain}` }],
  'a line of one carriage return': [/line of blanks/, { status: `${plain}\r\n${plain}` }],
  'an obsolete field': [/obsolete field Revision/, { status: `${plain}Revision: 9\n` }],
  'an older obsolete field': [/obsolete field Package_Revision/, { status: `${plain}Package_Revision: 9\n` }],
  'a source on the next line': [/continues the field Source/, { status: `${plain}Source:\n other\n` }],
  'a version twice': [/field Version more than once/, { status: `${plain}Version: 9-1\n` }],
  'an unknown state': [/its status is/, { status: plain.replace('ok installed', 'ok installedx') }],
};

suite('dpkg: reports doubtful databases, and lists at least what dpkg-query lists', () => {
  for (const [name, [problem, database]] of Object.entries(doubtful))
    toolTest('dpkg-query', name, (place) => {
      const { packages, problems } = read(database);
      assert.match(problems.join('\n'), problem);
      const names = new Set(packages.map((text) => text.split(' ')[0]));
      for (const text of dpkgQuery(place, database) ?? []) assert.ok(names.has(text.split(' ')[0]), text);
    });
});

suite('dpkg: ignores files beside a journal', () => {
  for (const [name, updates] of Object.entries({ 'updates/tmp.i': plain, 'updates/0000': '' }))
    toolTest('dpkg-query', name, (place) => {
      const database = { status: plain, [name]: updates };
      assert.deepEqual(read(database), { packages: dpkgQuery(place, database), problems: [] });
    });
});

test('dpkg: reports a value or a line that is too long', () => {
  const long = ' '.repeat(300_000);
  const cases = [
    `${plain}Source:${long}other\n`,
    `${plain}Source${long}: other\n`,
    `${plain}Source: ${'x'.repeat(5000)}\n`,
  ];
  for (const status of cases)
    assert.match(read({ status }).problems.join('\n'), /has a field Source that is too long/);
});
