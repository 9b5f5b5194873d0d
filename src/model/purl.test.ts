import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { PackageURL } from 'packageurl-js';
import { corpus, corpusTest } from '../testing/corpus.ts';
import {
  formatPurl,
  groupedName,
  joinedName,
  type PurlParts,
  parseNormalizedPurl,
  parsePurl,
  purlOf,
} from './purl.ts';

const debian = { id: 'debian', versionId: '12', like: [] };

interface Vector {
  readonly description: string;
  readonly test_type: string;
  readonly input: unknown;
  readonly expected_output: unknown;
  readonly expected_failure: boolean;
}

corpusTest('purl: formats like the conformance suite of purl-spec', () => {
  let built = 0;
  for (const type of ['deb', 'apk', 'rpm']) {
    const file = readFileSync(corpus(`golden/purl/tests_types_${type}-test.json`), 'utf8');
    for (const vector of (JSON.parse(file) as { tests: Vector[] }).tests) {
      if (vector.test_type !== 'build' || vector.expected_failure) continue;
      const given = Object.entries(vector.input as object).filter(([, value]) => value !== null);
      const parts = Object.fromEntries(given) as unknown as PurlParts;
      assert.equal(formatPurl(parts), vector.expected_output, vector.description);
      built++;
    }
  }
  assert.ok(built > 8);
});

test('purl: the reference library parses what was formatted', () => {
  const text = fc
    .string({ minLength: 1, maxLength: 20, unit: 'grapheme' })
    .filter((value) => value.trim() === value);
  fc.assert(
    fc.property(text, text, text, (name, version, upstream) => {
      const purl = formatPurl({ type: 'rpm', namespace: 'fedora', name, version, qualifiers: { upstream } });
      // The library decodes qualifiers twice, so they are parsed here.
      const [path = '', qualifier = ''] = purl.split('?upstream=');
      const read = PackageURL.fromString(path);
      assert.deepEqual([read.name, read.version, decodeURIComponent(qualifier)], [name, version, upstream]);
    }),
  );
});

test('purl: sorts qualifiers by key and omits empty ones', () => {
  const qualifiers = { os: 'x', a: '1', 'a-b': '2', empty: '', none: undefined };
  assert.equal(formatPurl({ type: 'generic', name: 'n', qualifiers }), 'pkg:generic/n?a=1&a-b=2&os=x');
});

test('purl: names the source of a Debian package where it differs', () => {
  const pkg = { type: 'deb', name: 'libssl3', version: '3.0.11-1~deb12u2', arch: 'amd64' };
  const url = 'pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=amd64&distro=debian-12';
  const purl = (source: { name: string; version: string }): string => purlOf({ ...pkg, source }, debian);
  assert.equal(purl({ name: 'libssl3', version: pkg.version }), url);
  assert.equal(purl({ name: 'openssl', version: pkg.version }), `${url}&upstream=openssl`);
  assert.equal(purl({ name: 'openssl', version: '1:3+x' }), `${url}&upstream=openssl%401:3%2Bx`);
  assert.equal(purl({ name: 'libssl3', version: '3' }), `${url}&upstream=libssl3%403`);
});

test('purl: puts the epoch of an rpm into a qualifier and its source into a file name', () => {
  const pkg = {
    type: 'rpm',
    name: 'openssl-libs',
    version: '1:1.1.1k-4.el8',
    arch: 'x86_64',
    source: { name: 'openssl', version: '1.1.1k-4.el8' },
  };
  assert.equal(
    purlOf(pkg, { id: 'rhel', versionId: '8.5', like: [] }),
    'pkg:rpm/redhat/openssl-libs@1.1.1k-4.el8?arch=x86_64&distro=rhel-8.5&epoch=1&upstream=openssl-1.1.1k-4.el8.src.rpm',
  );
});

test('purl: keeps the case of names of rpm and Gentoo only, and puts the category of Gentoo before the name', () => {
  const urlOf = (type: string, name: string): string => purlOf({ type, name, version: '1' }, null);
  assert.equal(urlOf('rpm', 'ImageMagick'), 'pkg:rpm/ImageMagick@1');
  assert.equal(urlOf('ebuild', 'dev-python/Babel'), 'pkg:ebuild/dev-python/Babel@1');
  assert.equal(urlOf('deb', 'Odd'), 'pkg:deb/odd@1');
  assert.equal(urlOf('apk', 'Odd'), 'pkg:apk/odd@1');
});

test('purl: formats Alpine packages, and packages without a distribution', () => {
  const pkg = {
    type: 'apk',
    name: 'musl',
    version: '1.2.5-r0',
    source: { name: 'musl', version: '1.2.5-r0' },
  };
  assert.equal(
    purlOf(pkg, { id: 'alpine', versionId: '3.20.3', like: [] }),
    'pkg:apk/alpine/musl@1.2.5-r0?distro=alpine-3.20.3',
  );
  assert.equal(purlOf(pkg, null), 'pkg:apk/musl@1.2.5-r0');
  assert.equal(
    purlOf(pkg, { id: 'debian', versionCodename: 'sid', like: [] }),
    'pkg:apk/debian/musl@1.2.5-r0?distro=debian-sid',
  );
});

/** Parsing tests of purl-spec. Rules of single types are not tested, as `parsePurl` does not apply them. */
function vectors(files: RegExp): Vector[] {
  return readdirSync(corpus('golden/purl'))
    .filter((name) => files.test(name))
    .flatMap(
      (name) =>
        (JSON.parse(readFileSync(corpus(`golden/purl/${name}`), 'utf8')) as { tests: Vector[] }).tests,
    )
    .filter(({ test_type: kind, input }) => kind === 'parse' && typeof input === 'string');
}

corpusTest('purl: parses like the conformance suite of purl-spec', () => {
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

corpusTest('purl: refuses what the conformance suite calls invalid', () => {
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

test('purl: parses what it formats', () => {
  fc.assert(
    fc.property(parts, (written) => {
      assert.deepEqual(parsePurl(formatPurl(written)), written);
    }),
  );
});

test('purl: parses like the reference library', () => {
  fc.assert(
    fc.property(parts, (written) => {
      const { namespace, name, version, subpath } = written;
      // The library decodes qualifiers twice, changes names of some types, and trims the blanks of each segment.
      const segments = [namespace, name, version, subpath].flatMap((part) => part?.split('/'));
      fc.pre(segments.every((part) => part?.trim() === part));
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

test('purl: parses or refuses any text, and formats what it parsed', () => {
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

test('purl: parses loose spellings', () => {
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

test('purl: lowers names of types that ignore case', () => {
  assert.deepEqual(parseNormalizedPurl('PKG:DEB/Debian/LibSSL3@3.0.11-1~Deb12?arch=amd64&distro=debian-12'), {
    type: 'deb',
    namespace: 'debian',
    name: 'libssl3',
    version: '3.0.11-1~Deb12',
    qualifiers: { arch: 'amd64', distro: 'debian-12' },
  });
  assert.deepEqual(
    parseNormalizedPurl('pkg:oci/Debian@sha256%3Aab?repository_url=docker.io%2Flibrary%2Fdebian'),
    {
      type: 'oci',
      name: 'debian',
      version: 'sha256:ab',
      qualifiers: { repository_url: 'docker.io/library/debian' },
    },
  );
});

test('purl: keeps names of other types and refuses text that is not a package URL', () => {
  assert.equal(parseNormalizedPurl('pkg:rpm/redhat/ImageMagick')?.name, 'ImageMagick');
  assert.equal(
    parseNormalizedPurl('pkg:golang/github.com/Masterminds/semver')?.namespace,
    'github.com/Masterminds',
  );
  for (const text of ['', 'pkg:deb', 'deb/debian/curl', 'pkg:deb/%/x'])
    assert.equal(parseNormalizedPurl(text), undefined, text);
});

test('separates the scope of npm and the group of Maven from the name, as syft and Trivy do, and joins them', () => {
  const cases = [
    ['npm', '@babel/core', '@babel', 'core'],
    ['npm', 'lodash', undefined, 'lodash'],
    ['maven', 'org.yaml:snakeyaml', 'org.yaml', 'snakeyaml'],
    ['maven', 'snakeyaml', undefined, 'snakeyaml'],
    ['golang', 'golang.org/x/net', undefined, 'golang.org/x/net'],
    ['composer', 'monolog/monolog', undefined, 'monolog/monolog'],
    ['deb', 'a:b', undefined, 'a:b'],
    ['npm', '@babel/', undefined, '@babel/'],
  ] as const;
  for (const [type, name, group, rest] of cases) {
    const grouped = groupedName({ type, name });
    assert.deepEqual([grouped.group, grouped.name], [group, rest], name);
    assert.equal(joinedName(type, grouped), name);
  }
});
