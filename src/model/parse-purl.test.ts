import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { PackageURL } from 'packageurl-js';
import { corpus, corpusTest } from '../testing/corpus.ts';
import { parsePurl } from './parse-purl.ts';
import { formatPurl, type PurlParts } from './purl.ts';

interface Vector {
  readonly description: string;
  readonly test_type: string;
  readonly input: unknown;
  readonly expected_output: unknown;
  readonly expected_failure: boolean;
}

/** Parsing tests of purl-spec; types that have rules of their own for names or need certain parts are left to who knows them. */
function vectors(files: RegExp): Vector[] {
  return readdirSync(corpus('golden/purl'))
    .filter((name) => files.test(name))
    .flatMap(
      (name) =>
        (JSON.parse(readFileSync(corpus(`golden/purl/${name}`), 'utf8')) as { tests: Vector[] }).tests,
    )
    .filter(({ test_type: kind, input }) => kind === 'parse' && typeof input === 'string');
}

corpusTest('purl: are taken apart as the conformance suite of purl-spec asks', () => {
  let parsed = 0;
  for (const { description, input, expected_output: expected, expected_failure: fails } of vectors(
    /_(?:deb|apk|rpm|maven|golang|npm|gem|cargo|nuget|specification)-test/,
  )) {
    if (fails) continue;
    const wanted = Object.fromEntries(
      Object.entries(expected as object).filter(([, value]) => value !== null),
    ) as Partial<PurlParts>;
    const found = parsePurl(input as string);
    assert.deepEqual(
      lowered(found),
      lowered({ qualifiers: {}, ...wanted }),
      `${description}: ${String(input)}`,
    );
    parsed++;
  }
  assert.ok(parsed > 20, String(parsed));
});

/** Rules of single types turn names into lower case. */
function lowered(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null).toLowerCase());
}

corpusTest('purl: what the conformance suite holds to be none is none', () => {
  const failing = vectors(/_specification-test/).filter(({ expected_failure: fails }) => fails);
  assert.ok(failing.length > 5);
  for (const { description, input } of failing)
    assert.equal(parsePurl(input as string), undefined, `${description}: ${String(input)}`);
});

const text = fc
  .string({ minLength: 1, maxLength: 12, unit: 'grapheme' })
  .filter((value) => value.isWellFormed());
const segment = text.filter((value) => !value.includes('/') && !/^\.{1,2}$/.test(value));
const parts: fc.Arbitrary<PurlParts> = fc
  .record({
    type: fc.constantFrom('deb', 'rpm', 'npm', 'golang', 'x-y.z'),
    namespace: fc.option(fc.array(segment, { minLength: 1, maxLength: 3 }), { nil: undefined }),
    name: text,
    version: fc.option(text, { nil: undefined }),
    qualifiers: fc.dictionary(fc.stringMatching(/^[a-z][a-z\d._-]{0,5}$/), text, { noNullPrototype: true }),
    subpath: fc.option(fc.array(segment, { minLength: 1, maxLength: 3 }), { nil: undefined }),
  })
  .map(({ type, namespace, name, version, qualifiers, subpath }) => ({
    type,
    ...(namespace && { namespace: namespace.join('/') }),
    name,
    ...(version !== undefined && { version }),
    qualifiers,
    ...(subpath && { subpath: subpath.join('/') }),
  }));

test('purl: what was written is read back', () => {
  fc.assert(
    fc.property(parts, (written) => {
      assert.deepEqual(parsePurl(formatPurl(written)), written);
    }),
  );
});

test('purl: the reference library reads the same', () => {
  fc.assert(
    fc.property(parts, (written) => {
      const { namespace, name, version, subpath } = written;
      // The library decodes qualifiers twice, changes names of some types, and takes blanks away.
      fc.pre([namespace, name, version, subpath].every((part) => part?.trim() === part));
      const purl = formatPurl({ ...written, type: 'generic', qualifiers: {} });
      const theirs = PackageURL.fromString(purl);
      const ours = parsePurl(purl);
      assert.deepEqual(
        [ours?.type, ours?.namespace, ours?.name, ours?.version, ours?.subpath],
        [theirs.type, theirs.namespace, theirs.name, theirs.version, theirs.subpath],
      );
    }),
  );
});

test('purl: any text is read or is none, and what is read is written as it was read', () => {
  const garbage = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(fc.constantFrom('pkg:', 'deb', '/', '@', '%', '%2', '%41', '?', '&', '=', '#', '.', 'é'))
      .map((all) => `pkg:a/${all.join('')}`),
  );
  fc.assert(
    fc.property(garbage, (url) => {
      const read = parsePurl(url);
      if (read === undefined) return;
      assert.ok(read.name !== '');
      if (!Object.values(read).some((part) => typeof part === 'string' && !part.isWellFormed()))
        assert.deepEqual(parsePurl(formatPurl(read)), read);
    }),
  );
});

test('purl: what others write loosely', () => {
  assert.deepEqual(parsePurl('pkg:npm/@scope/name@1.0.0'), {
    type: 'npm',
    namespace: '@scope',
    name: 'name',
    version: '1.0.0',
    qualifiers: {},
  });
  assert.deepEqual(parsePurl('PKG://Deb/debian//apt@2.6?ARCH=amd64&distro=&x')?.qualifiers, {
    arch: 'amd64',
  });
  for (const none of [
    '',
    'pkg:npm/@scope%2Fname',
    'pkg:',
    'pkg:deb',
    'pkg:deb/',
    'deb/a',
    'pkg:deb/%zz',
    'pkg:deb/a?%=1',
    'pkg:d+b/a',
  ])
    assert.equal(parsePurl(none), undefined, none);
});
