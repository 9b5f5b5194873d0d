import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { limits } from '../../core/limits.ts';
import { debianCopyright } from './debian-copyright.ts';

function read(text: string): readonly string[] {
  return debianCopyright.read(Buffer.from(text));
}

const format = 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n';

test('states each licence of a machine-readable file once, as an SPDX id if that is exact', () => {
  const text = `${format}
Files: *
Copyright: 2020 A
License: GPL-2+ or Expat

Files: debian/*
License: GPL-2+ or Expat

Files: x
License: Tcl-BSDish
 Redistribution and use in source and binary forms

License: Apache-2.0
 On Debian systems see /usr/share/common-licenses/Apache-2.0
`;
  assert.deepEqual(read(text), ['GPL-2.0-or-later OR MIT', 'Tcl-BSDish', 'Apache-2.0']);
});

test('states the common licences that a free text refers to', () => {
  const text = "see `/usr/share/common-licenses/GPL-2'.\nand /usr/share/common-licenses/Artistic.";
  assert.deepEqual(read(text), ['GPL-2', 'Artistic']);
});

test('states the common licences of a machine-readable file whose fields name none', () => {
  assert.deepEqual(read(`${format}\nFiles: *\nLicense:\n see /usr/share/common-licenses/GPL-2\n`), ['GPL-2']);
});

test('states the family of a quoted licence, and nothing for other texts', () => {
  const mit = 'Permission is hereby granted, free of charge,\nto any person obtaining a copy';
  assert.deepEqual(read(mit), ['MIT-style']);
  assert.deepEqual(read('It is not in the public domain.'), []);
  assert.deepEqual(read(''), []);
});

test('ignores licence texts in place of names, and names beyond the limit', () => {
  const long = `License: ${'Permission to use, copy and so on '.repeat(9)}`;
  assert.deepEqual(read(`${format}\n${long}\nLicense: ISC\n`), ['ISC']);
  const many = Array.from({ length: 1000 }, (_, i) => `License: L${i}`).join('\n');
  assert.equal(read(`${format}\n${many}\n`).length, limits.licensesPerPackage);
});

const here = globSync('/usr/share/doc/*/copyright');

test('finds a licence in nine of ten copyright files of this machine', {
  skip: here.length > 50 ? false : 'not a Debian system',
}, () => {
  const stating = here.filter((file) => debianCopyright.read(readFileSync(file)).length > 0);
  assert.ok(stating.length / here.length >= 0.9, `${stating.length} of ${here.length}`);
});
