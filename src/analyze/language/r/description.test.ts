import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cranLister } from './cran.ts';
import { readDescription } from './description.ts';

const read = (text: string) => readDescription(Buffer.from(text));

test('reads an installed package, whatever its other fields contain', () => {
  const text = `Package: curl\r\nVersion: 5.0.0\r\nAuthors@R: c(\r\n    person("Jeroen"))\r\nLicense: MIT + file LICENSE\r\nMaintainer: J <j@example.org>\r\nBuilt: R 4.2.2; ; 2023; unix\r\n`;
  assert.deepEqual(read(text), {
    name: 'curl',
    version: '5.0.0',
    license: 'MIT + file LICENSE',
    maintainer: 'J <j@example.org>',
  });
});

test('ignores a source tree, which R did not install', () => {
  assert.equal(read('Package: mypkg\nVersion: 0.1.0\n'), undefined);
  assert.equal(read('a text about something else\n'), undefined);
  assert.equal(read(''), undefined);
});

test('reports a package without a usable name or version, also if the file is cut', () => {
  assert.deepEqual(read('Package: a\nBuilt: R 4\n'), { problem: 'states no usable version of a' });
  assert.deepEqual(read('Package: a\nTitle: cut before its ver'), {
    problem: 'states no usable version of a',
  });
  assert.deepEqual(read('Package: a\nVersion: 1 2\nBuilt: R 4\n'), {
    problem: 'states no usable version of a',
  });
  assert.deepEqual(read('Package: a b\nVersion: 1\nBuilt: R 4\n'), {
    problem: 'has an impossible package name "a b"',
  });
});

test('states the licence and the maintainer of an installed package, if it has any', () => {
  const path = 'usr/lib/R/library/curl/DESCRIPTION';
  const list = (fields: string) => [
    ...cranLister.list(
      new Map([
        [path, Buffer.from(`Package: curl\nVersion: 5.0.0\n${fields}Built: R 4.2.2; ; 2023; unix\n`)],
      ]),
    ),
  ];
  const found = { type: 'cran', name: 'curl', version: '5.0.0', evidence: 'installed' };
  assert.deepEqual(list('License: GPL-3\nMaintainer: J <j@example.org>\n'), [
    {
      kind: 'package',
      path,
      package: { ...found, supplier: 'J <j@example.org>', licenses: ['GPL-3.0-only'] },
    },
  ]);
  assert.deepEqual(list(''), [{ kind: 'package', path, package: found }]);
});
