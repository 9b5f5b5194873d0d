import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { isLicenseId, licenseOf, spdxExpression } from './spdx-license.ts';

/** The identifiers of the SPDX licence list, as the CycloneDX project publishes them. */
function officialIds(): ReadonlySet<string> {
  const place = new URL(
    'res/schema/spdx.SNAPSHOT.schema.json',
    import.meta.resolve('@cyclonedx/cyclonedx-library/package.json'),
  );
  return new Set((JSON.parse(readFileSync(place, 'utf8')) as { enum: string[] }).enum);
}

/** Identifiers in the source of the module: every word between the back quotes. */
function ownIds(): string[] {
  const source = readFileSync(new URL('spdx-license.ts', import.meta.url), 'utf8');
  return [...source.matchAll(/words\(`([^`]+)`\)/g)].flatMap(([, ids = '']) => ids.trim().split(/\s+/));
}

test('every identifier is on the SPDX licence list, in its spelling', () => {
  const official = officialIds();
  assert.deepEqual(
    ownIds().filter((id) => !official.has(id)),
    [],
  );
  assert.ok(ownIds().length > 150);
});

const expressions: readonly (readonly [text: string, expression: string | undefined])[] = [
  ['MIT', 'MIT'],
  ['zlib', 'Zlib'],
  ['Expat', 'MIT'],
  ['GPL-2+', 'GPL-2.0-or-later'],
  ['GPL-2.0+', 'GPL-2.0-or-later'],
  ['GPL-3', 'GPL-3.0-only'],
  ['GPLv2+', 'GPL-2.0-or-later'],
  ['LGPL-2.1+', 'LGPL-2.1-or-later'],
  ['LGPLv2.1+', 'LGPL-2.1-or-later'],
  ['AGPLv3', 'AGPL-3.0-only'],
  ['GFDL-NIV-1.3+', 'GFDL-1.3-no-invariants-or-later'],
  ['ASL 2.0', 'Apache-2.0'],
  ['GPLv2+ and (ASL 2.0 or MIT)', 'GPL-2.0-or-later AND (Apache-2.0 OR MIT)'],
  ['( Apache-2.0 OR MIT ) AND MPL-2.0', '(Apache-2.0 OR MIT) AND MPL-2.0'],
  ['GPL-3.0-or-later WITH GCC-exception-3.1', 'GPL-3.0-or-later WITH GCC-exception-3.1'],
  ['GPL-2.0-only WITH no-such-exception', undefined],
  ['no-such-licence WITH GCC-exception-3.1', undefined],
  ['Apache-2.0 with LLVM-exception or MIT', 'Apache-2.0 WITH LLVM-exception OR MIT'],
  // Not exact: 2.0 and 2.1 alike, an unknown exception, an unknown name, no expression.
  ['LGPLv2+', undefined],
  ['LGPL2', undefined],
  ['GPL', undefined],
  ['GPL-4', undefined],
  ['GPL-3+ with Bison exception', undefined],
  ['GPLv2+ and Public Domain', undefined],
  ['MIT BSD GPL2+', undefined],
  ['(MIT', undefined],
  ['MIT)', undefined],
  ['MIT and', undefined],
  ['()', undefined],
  ['', undefined],
];

for (const [text, expression] of expressions)
  test(`reads the licence "${text}" as ${expression ?? 'no SPDX expression'}`, () => {
    assert.equal(spdxExpression(text), expression);
    if (expression !== undefined) assert.equal(spdxExpression(expression), expression);
  });

test('keeps the text of a licence that is not an expression, on one line', () => {
  assert.equal(licenseOf(' Public\nDomain '), 'Public Domain');
  assert.equal(licenseOf(' \n'), undefined);
  assert.equal(licenseOf('gpl-2'), 'GPL-2.0-only');
});

test('refuses parentheses that exceed the nesting limit', () => {
  assert.equal(spdxExpression(`${'('.repeat(400)}MIT${')'.repeat(400)}`), undefined);
});

test('recognizes a single identifier', () => {
  assert.deepEqual(['MIT', 'mit', 'MIT OR ISC', 'Nothing'].map(isLicenseId), [true, false, false, false]);
});
