import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cleanPath } from '../../kit/tar/path.ts';
import { RecordedNames } from './name-hashes.ts';
import { WantedPaths } from './wanted-paths.ts';

const wanted = new WantedPaths([
  'etc/os-release',
  'var/lib/dpkg/status',
  'var/lib/dpkg/status.d/*',
  'var/lib/pacman/local/*/desc',
]);

test('classifies a path as wanted, above a wanted one, or neither', () => {
  assert.equal(wanted.at('etc/os-release'), 'wanted');
  assert.equal(wanted.at('var/lib/dpkg/status.d/bash'), 'wanted');
  for (const path of ['etc', 'var', 'var/lib', 'var/lib/dpkg', 'var/lib/dpkg/status.d'])
    assert.equal(wanted.at(path), 'above');
  for (const path of ['bin', 'usr', 'usr/lib64']) assert.equal(wanted.at(path), 'above');
  for (const path of ['', 'opt', 'etc/os-release/x', 'var/lib/dpkg/status.d/a/b'])
    assert.equal(wanted.at(path), undefined);
});

test('treats every child of a directory as above when a file in each child is wanted', () => {
  const database = 'var/lib/pacman/local';
  assert.equal(wanted.at(`${database}/bash-5.2-1/desc`), 'wanted');
  for (const path of ['var/lib/pacman', database, `${database}/bash-5.2-1`, `${database}/desc`])
    assert.equal(wanted.at(path), 'above');
  for (const path of [`${database}/bash-5.2-1/files`, `${database}/a/b/desc`, 'var/lib/pacman/x/desc'])
    assert.equal(wanted.at(path), undefined);
  assert.equal(wanted.childrenOf(database), undefined);
  assert.deepEqual(wanted.childrenOf(`${database}/bash-5.2-1`), [`${database}/bash-5.2-1/desc`]);
});

test('passes everything of interest and every marker through the name filter', () => {
  const parts = fc.constantFrom(
    'etc',
    'os-release',
    'var',
    'lib',
    'dpkg',
    'status',
    'status.d',
    'bash',
    'pacman',
    'local',
    'desc',
    '.wh.x',
    '.wh..wh..opq',
    '.',
    '..',
    '',
    'ü',
  );
  const names = fc.tuple(
    fc.constantFrom('', './', '/'),
    fc.array(parts, { minLength: 1, maxLength: 6 }),
    fc.constantFrom('', '/'),
  );
  fc.assert(
    fc.property(names, ([start, middle, end]) => {
      const name = `${start}${middle.join('/')}${end}`;
      const field = Buffer.alloc(101);
      field.write(name);
      const isOfInterest = wanted.at(cleanPath(name)) !== undefined || /(^|\/)\.wh\./.test(name);
      if (isOfInterest) assert.equal(wanted.endOfUnwanted(field, 0, new RecordedNames()), -1, name);
    }),
    { numRuns: 5000 },
  );
});

test('keeps a file of a wanted directory wanted when a path below its name is wanted', () => {
  const both = new WantedPaths(['var/lib/dpkg/status.d/*', 'var/lib/dpkg/status.d/a/*']);
  assert.equal(both.at('var/lib/dpkg/status.d/a'), 'wanted');
});

test('accepts links to wanted paths, to directories above them, to the root, and upwards', () => {
  const leads = ([path, target]: readonly [string, string]): boolean => wanted.mayLead({ path, target });
  const leading = [
    ['d', '/etc/os-release'],
    ['d/e', '../var/lib'],
    ['var/x', 'lib/dpkg/status.d'],
    ['d', '/'],
    ['d', '.'],
    ['d', 'var/lib/pacman/local/bash-5.2-1'],
    ['d', 'a/../b'],
  ] as const;
  const other = [
    ['d', 'usr/share'],
    ['d/e', 'var/lib'],
    ['usr/bin/sh', 'bash'],
    ['usr/lib/x', '../../opt'],
  ] as const;
  assert.deepEqual(
    leading.filter((link) => !leads(link)),
    [],
  );
  assert.deepEqual(other.filter(leads), []);
});

test('passes every link that may lead to a wanted path through the target filter', () => {
  const part = fc.constantFrom(
    'etc',
    'var',
    'lib',
    'dpkg',
    'status.d',
    'pacman',
    'local',
    'x',
    '..',
    '.',
    '',
  );
  const text = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('/'));
  fc.assert(
    fc.property(text, text, (path, target) => {
      const field = Buffer.alloc(100);
      field.write(target);
      if (target !== '' && wanted.mayLead({ path: cleanPath(path), target }) && !target.includes('..'))
        assert.ok(wanted.mayLeadByName(field, 0, 100), target);
    }),
    { numRuns: 5000 },
  );
});

test('accepts links to any file of a wanted directory in the name filter', () => {
  for (const path of ['var/lib/dpkg/status.d/x', './status.d/x', '/var/lib/dpkg/info/bash.list']) {
    const field = Buffer.alloc(100);
    field.write(path);
    const files = new WantedPaths(['var/lib/dpkg/status.d/*', 'var/lib/dpkg/info/*.list']);
    assert.ok(files.mayLeadByName(field, 0, 100), path);
  }
});

test('rejects unwanted names in the name filter', () => {
  for (const name of ['usr/bin/bash', './usr/share/doc/', '/opt/app/main.js', 'etc/passwd']) {
    const bytes = Buffer.from(`${name}\0`);
    assert.equal(wanted.endOfUnwanted(bytes, 0, new RecordedNames()), name.replace(/\/$/, '').length, name);
  }
});

test('rejects files of a wanted directory that have another ending in the name filter', () => {
  const lists = new WantedPaths(['var/lib/dpkg/info/*.list']);
  const endOf = (path: string): number =>
    lists.endOfUnwanted(Buffer.from(`${path}\0`), 0, new RecordedNames());
  const directory = 'var/lib/dpkg/info';
  assert.equal(endOf(`${directory}/bash.list`), -1);
  for (const path of [`${directory}/bash.md5sums`, `${directory}/bash.list.old`])
    assert.equal(endOf(path), path.length, path);
});
