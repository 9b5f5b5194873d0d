import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cleanPath } from '../../kit/tar/path.ts';
import { WantedPaths } from './wanted-paths.ts';

const wanted = new WantedPaths([
  'etc/os-release',
  'var/lib/dpkg/status',
  'var/lib/dpkg/status.d/*',
  'var/lib/pacman/local/*/desc',
]);

test('a path is wanted, above a wanted one, or nothing', () => {
  assert.equal(wanted.at('etc/os-release'), 'wanted');
  assert.equal(wanted.at('var/lib/dpkg/status.d/bash'), 'wanted');
  for (const path of ['etc', 'var', 'var/lib', 'var/lib/dpkg', 'var/lib/dpkg/status.d'])
    assert.equal(wanted.at(path), 'above');
  for (const path of ['bin', 'usr', 'usr/lib64']) assert.equal(wanted.at(path), 'above');
  for (const path of ['', 'opt', 'etc/os-release/x', 'var/lib/dpkg/status.d/a/b'])
    assert.equal(wanted.at(path), undefined);
});

test('where a file in every child of a directory is wanted, the children are above it', () => {
  const database = 'var/lib/pacman/local';
  assert.equal(wanted.at(`${database}/bash-5.2-1/desc`), 'wanted');
  for (const path of ['var/lib/pacman', database, `${database}/bash-5.2-1`, `${database}/desc`])
    assert.equal(wanted.at(path), 'above');
  for (const path of [`${database}/bash-5.2-1/files`, `${database}/a/b/desc`, 'var/lib/pacman/x/desc'])
    assert.equal(wanted.at(path), undefined);
  assert.equal(wanted.childrenOf(database), undefined);
  assert.deepEqual(wanted.childrenOf(`${database}/bash-5.2-1`), [`${database}/bash-5.2-1/desc`]);
});

test('the filter of names lets everything through that is of interest or a marker', () => {
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
      if (isOfInterest) assert.ok(wanted.mayMatter(field, 0, 100), name);
    }),
    { numRuns: 5000 },
  );
});

test('a file of a wanted directory stays wanted when something is wanted below a path of its name', () => {
  const both = new WantedPaths(['var/lib/dpkg/status.d/*', 'var/lib/dpkg/status.d/a/*']);
  assert.equal(both.at('var/lib/dpkg/status.d/a'), 'wanted');
});

test('a link may lead to wanted paths, to directories above them, to the root, and up again', () => {
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

test('the filter of targets lets every link through that may lead to a wanted path', () => {
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

test('the filter of names stops what nobody wants', () => {
  for (const name of ['usr/bin/bash', './usr/share/doc/', '/opt/app/main.js', 'etc/passwd']) {
    assert.equal(wanted.mayMatter(Buffer.from(`${name}\0`), 0, 100), false, name);
  }
});
