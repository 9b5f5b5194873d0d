import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { checkLister } from '../../../plugin/contract/index.ts';
import { corpus, corpusTest } from '../../../testing/corpus.ts';
import { composerLister } from './composer-lister.ts';

const path = 'var/www/vendor/composer/installed.json';

interface Listing {
  /** One line per package: name, version, evidence, parent. */
  readonly packages: string[];
  readonly problems: string[];
}

function read(files: Readonly<Record<string, string | Uint8Array>>): Listing {
  const content = new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]));
  const listed = [...composerLister.list(content)];
  return {
    packages: listed.flatMap((item) => {
      if (item.kind !== 'package') return [];
      const { name, version, evidence, parent } = item.package;
      return [
        [name, version, evidence, ...(parent ? [`in ${parent.name} ${parent.version}`] : [])].join(' '),
      ];
    }),
    problems: listed.flatMap((item) => (item.kind === 'problem' ? [item.problem] : [])),
  };
}

function readList(packages: unknown): Listing {
  return read({ [path]: JSON.stringify({ packages, dev: true, 'dev-package-names': [] }) });
}

interface Expected {
  readonly file: string;
  readonly parsed?: readonly (readonly [name: string, version: string])[];
}

corpusTest('composer: lists the expected packages of every list of the corpus', () => {
  const files = JSON.parse(readFileSync(corpus('pkgdb/lang/expected.json'), 'utf8')) as Expected[];
  const lists = files.filter(({ file }) => /^composer\/.*\/installed\.json$/.test(file));
  for (const { file, parsed } of lists) {
    const { packages, problems } = read({ [path]: readFileSync(corpus(`pkgdb/lang/${file}`)) });
    assert.deepEqual(
      packages,
      (parsed ?? []).map((row) => `${row.join(' ')} installed`),
      file,
    );
    assert.equal(problems.length, parsed === undefined ? 1 : 0, file);
  }
  assert.ok(lists.length >= 5);
});

const monolog = {
  name: 'Monolog/monolog',
  version: 'v1.27.0',
  version_normalized: '1.27.0.0',
  license: ['MIT'],
  authors: [{ name: 'Jordi Boggiano', email: 'j@example.org' }],
  require: { php: '>=5.3', 'ext-json': '*', 'Psr/Log': '~1.0' },
  provide: { 'psr/log-implementation': '1.0.0' },
};

test('composer: reads version, licences, supplier and links in both forms of the list', () => {
  for (const document of [[monolog], { packages: [monolog] }]) {
    const content = new Map([[path, Buffer.from(JSON.stringify(document))]]);
    assert.deepEqual(
      [...composerLister.list(content)],
      [
        {
          kind: 'package',
          path,
          package: {
            type: 'composer',
            name: 'Monolog/monolog',
            version: 'v1.27.0',
            licenses: ['MIT'],
            supplier: 'Jordi Boggiano',
            requires: ['psr/log'],
            provides: ['psr/log-implementation', 'monolog/monolog'],
            evidence: 'installed',
          },
        },
      ],
    );
  }
});

test('composer: passes the contract check', () => {
  const files = { [path]: JSON.stringify([monolog]), 'a/composer/installed.json': '{' };
  checkLister(composerLister, [{ files, packages: ['Monolog/monolog v1.27.0'], problems: 1 }]);
});

test('composer: lists packages for development and branches, and no lock file', () => {
  const listing = read({
    [path]: JSON.stringify({
      packages: [
        { name: 'a/a', version: 'dev-main', version_normalized: '9999999-dev' },
        { name: 'b/b', version: '1.0' },
      ],
      dev: true,
      'dev-package-names': ['b/b'],
    }),
    'var/www/composer.lock': JSON.stringify({ packages: [{ name: 'c/c', version: '1' }] }),
    'var/www/installed.json': JSON.stringify([{ name: 'd/d', version: '1' }]),
  });
  assert.deepEqual(listing, { packages: ['a/a dev-main installed', 'b/b 1.0 installed'], problems: [] });
});

test('composer: lists packages that another one replaces under its version as vendored', () => {
  const replace = { 'symfony/http-kernel': 'self.version', 'symfony/polyfill': '*', 'x y': 'self.version' };
  assert.deepEqual(readList([{ name: 'symfony/symfony', version: 'v4.4.1', replace }]).packages, [
    'symfony/symfony v4.4.1 installed',
    'symfony/http-kernel v4.4.1 vendored in symfony/symfony v4.4.1',
  ]);
});

test('composer: reports entries without a name or version, and lists the others', () => {
  const listing = readList([
    { name: {}, version: '1' },
    { name: 'a/a' },
    { name: '../a', version: '1' },
    null,
    { name: 'b/b', version: {} },
    { name: 'c/c', version: '1', license: 'MIT', authors: 7, require: [], replace: [] },
  ]);
  assert.deepEqual(listing, {
    packages: ['c/c 1 installed'],
    problems: [
      'entry 1 is malformed: it has no name or version as a text',
      'a/a has no version',
      'has the impossible package name "../a"',
      'entry 4 is malformed: it has no name or version as a text',
      'entry 5 is malformed: it has no name or version as a text',
    ],
  });
});

test('composer: takes an empty list as a file without packages', () => {
  const content = new Map([[path, Buffer.from('{"packages": []}')]]);
  assert.deepEqual([...composerLister.list(content)], [{ kind: 'no-package', path }]);
});

suite('composer: reports a list that cannot be read, and reads the one beside it', () => {
  const good = JSON.stringify([{ name: 'b/b', version: '1' }]);
  for (const [name, text] of Object.entries({
    'UTF-16': Buffer.from(`\uFEFF${good}`, 'utf16le'),
    'a cut file': good.slice(0, -5),
    'deep nesting': '['.repeat(200_000),
    'another form': '{"packages": 7}',
    'an empty file': '',
  }))
    test(name, () => {
      const { packages, problems } = read({ 'a/composer/installed.json': text, [path]: `\uFEFF${good}` });
      assert.deepEqual(packages, ['b/b 1 installed']);
      assert.equal(problems.length, 1);
    });
});
