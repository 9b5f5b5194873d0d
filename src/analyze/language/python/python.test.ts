import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import type { ListedPackage } from '../../../model/package.ts';
import { checkLister } from '../../../plugin/contract/index.ts';
import { corpus, corpusTest } from '../../../testing/corpus.ts';
import { pythonLister } from './python.ts';

const sitePackages = 'usr/local/lib/python3.11/site-packages';

interface Listing {
  readonly packages: ListedPackage[];
  readonly problems: string[];
  /** Paths of files without a package. */
  readonly without: string[];
}

function read(files: Readonly<Record<string, string | Uint8Array>>): Listing {
  const content = new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]));
  const listed = [...pythonLister.list(content)];
  return {
    packages: listed.flatMap((item) => (item.kind === 'package' ? [item.package] : [])),
    problems: listed.flatMap((item) => (item.kind === 'problem' ? [`${item.path}: ${item.problem}`] : [])),
    without: listed.flatMap((item) => (item.kind === 'no-package' ? [item.path] : [])),
  };
}

function readOne(text: string | Uint8Array, path = `${sitePackages}/x-1.dist-info/METADATA`): Listing {
  return read({ [path]: text });
}

function metadata(name: string, version: string): string {
  return `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n\nA description.\n`;
}

/** One line per package: name, version, evidence, parent. */
function brief({ packages }: Listing): string[] {
  return packages.map(({ name, version, evidence, parent }) =>
    [name, version, evidence, ...(parent === undefined ? [] : [`in ${parent.name} ${parent.version}`])].join(
      ' ',
    ),
  );
}

interface Expected {
  readonly file: string;
  readonly parsed?: readonly (readonly [name: string, version: string])[];
  readonly expected_by_repo_test?: readonly (readonly [name: string, version: string])[];
}

corpusTest('pypi: lists the expected packages of every metadata file of the corpus', () => {
  const files = JSON.parse(readFileSync(corpus('pkgdb/lang/expected.json'), 'utf8')) as Expected[];
  // The interpreter describes itself in such a file.
  const others = /Python-2\.7\.egg-info$|\.(?:whl|egg)$/;
  const metadataFiles = files.filter(({ file }) => file.startsWith('py-metadata/') && !others.test(file));
  for (const { file, parsed = [], expected_by_repo_test: rows = parsed } of metadataFiles) {
    const { packages } = readOne(readFileSync(corpus(`pkgdb/lang/${file}`)));
    assert.deepEqual(
      packages.map(({ name, version }) => [name, version]),
      rows,
      file,
    );
  }
  assert.ok(metadataFiles.length > 40);
});

test('pypi: passes the contract check', () => {
  checkLister(pythonLister, [
    {
      files: {
        [`${sitePackages}/pip-23.0.dist-info/METADATA`]: metadata('pip', '23.0'),
        [`${sitePackages}/pip/_vendor/vendor.txt`]: 'requests==2.26.0\n',
        [`${sitePackages}/x.egg-info`]: 'Version: 1\n',
      },
      packages: ['pip 23.0', 'requests 2.26.0'],
      problems: 1,
    },
  ]);
});

suite('pypi: reads all places of metadata', () => {
  for (const path of [
    `${sitePackages}/x-1.0.dist-info/METADATA`,
    `${sitePackages}/x-1.0-py3.11.egg-info/PKG-INFO`,
    `${sitePackages}/x-1.0.egg-info/METADATA`,
    `${sitePackages}/x-1.0.egg-info`,
    `${sitePackages}/x-1.0-py3.11.egg/EGG-INFO/PKG-INFO`,
    'app/libraries/x-1.0.dist-info/METADATA',
    'x-1.0.dist-info/METADATA',
  ])
    test(path, () => {
      assert.deepEqual(brief(readOne(metadata('x', '1.0'), path)), ['x 1.0 installed']);
    });
});

test('pypi: ignores requirement files, lock files and metadata of other tools', () => {
  const listing = read({
    'app/requirements.txt': 'django==2.2.0\n',
    'app/METADATA': metadata('x', '1'),
    'app/x.dist-info/RECORD': 'x/__init__.py,,\n',
    'app/x.egg-info/SOURCES.txt': 'setup.py\n',
    'app/vendor.txt': 'x==1\n',
  });
  assert.deepEqual(listing, { packages: [], problems: [], without: [] });
});

test('pypi: lists no package for an empty file, a placeholder name, the interpreter, test data and unpacked sources', () => {
  const files = {
    'root/.cache/uv/sdists-v11/pypi/x/1.0/7za0/src/x.egg-info/PKG-INFO': metadata('x', '1.0'),
    'root/.cache/uv/archive-v0/rppu/a/tests/data/b-1.0.egg/EGG-INFO/PKG-INFO': metadata('b', '1.0'),
    [`${sitePackages}/argparse.egg-info`]: '',
    [`${sitePackages}/UNKNOWN-0.0.0.dist-info/METADATA`]: metadata('UNKNOWN', '0.0.0'),
    'usr/lib/python2.7/lib-dynload/Python-2.7.egg-info': metadata('Python', '2.7.13'),
    [`${sitePackages}/pkg_resources/tests/data/unpacked/my_test-1.0-py3.7.egg/EGG-INFO/PKG-INFO`]: metadata(
      'my-test',
      '1.0',
    ),
  };
  assert.deepEqual(read(files), { packages: [], problems: [], without: Object.keys(files) });
});

test('pypi: lists a distribution in a folder of tests that is directly below the root, whatever code its RECORD names', () => {
  const place = `${sitePackages}/tests/requests-2.19.0.dist-info`;
  const listing = read({
    [`${place}/METADATA`]: metadata('requests', '2.19.0'),
    [`${place}/RECORD`]: 'requests/__init__.py,,\n',
    [`${sitePackages}/tests/fixtures/a-1.0.dist-info/METADATA`]: metadata('a', '1.0'),
    [`${sitePackages}/b/tests/a-1.0.dist-info/METADATA`]: metadata('a', '1.0'),
  });
  assert.deepEqual(brief(listing), ['requests 2.19.0 installed']);
  assert.equal(listing.packages[0]?.codePaths, undefined);
});

test('pypi: reports metadata without a name or version, and lists the others', () => {
  const listing = read({
    [`${sitePackages}/noname.dist-info/METADATA`]: 'Metadata-Version: 2.1\nVersion: 3.0\n',
    [`${sitePackages}/noversion.dist-info/METADATA`]:
      'Name: noversion\n\nVersion: 1.0 is in the description\n',
    [`${sitePackages}/odd.dist-info/METADATA`]: metadata('../odd', '1.0'),
    [`${sitePackages}/blank.dist-info/METADATA`]: metadata('blank', '1.0 beta'),
    [`${sitePackages}/good.dist-info/METADATA`]: metadata('good', '1.0'),
  });
  assert.deepEqual(brief(listing), ['good 1.0 installed']);
  assert.deepEqual(listing.problems, [
    `${sitePackages}/noname.dist-info/METADATA: has no Name`,
    `${sitePackages}/noversion.dist-info/METADATA: noversion has no Version`,
    `${sitePackages}/odd.dist-info/METADATA: has the impossible Name "../odd"`,
    `${sitePackages}/blank.dist-info/METADATA: blank has the impossible Version "1.0 beta"`,
  ]);
});

suite('pypi: reads metadata in unusual forms', () => {
  const forms: Readonly<Record<string, string | Uint8Array>> = {
    'a byte order mark': `\uFEFF${metadata('x', '1.0')}`,
    'carriage returns': metadata('x', '1.0').replaceAll('\n', '\r\n'),
    'no final line feed': 'Name: x\nVersion: 1.0',
    'fields in another case': 'NAME: x\nversion: 1.0\n',
    'blanks around values': 'Name:x \nVersion:\t 1.0\t\n',
    'repeated fields': 'Name: x\nVersion: 1.0\nVersion: 2.0\nName: y\n',
    'a line without a field': 'Keywords: a b\nmd5-crypt sha1\nName: x\nVersion: 1.0\n',
    'a continuation line that looks like a field': 'Summary: a\n Name: y\nName: x\nVersion: 1.0\n',
    'bytes that are not UTF-8': Buffer.from('Author: J\xf6rg\nName: x\nVersion: 1.0\n', 'latin1'),
  };
  for (const [name, text] of Object.entries(forms))
    test(name, () => {
      const listing = readOne(text);
      assert.deepEqual(brief(listing), ['x 1.0 installed']);
      assert.deepEqual(listing.problems, []);
    });
});

test('pypi: reports UTF-16 text', () => {
  const path = `${sitePackages}/x.dist-info/METADATA`;
  const text = Buffer.from(`\uFEFF${metadata('x', '1.0')}`, 'utf16le');
  assert.deepEqual(readOne(text, path).problems, [`${path}: is UTF-16 text, not UTF-8`]);
});

test('pypi: keeps names and versions as written', () => {
  const listing = read({
    [`${sitePackages}/a.dist-info/METADATA`]: metadata('Zope.Interface', '5.5.2'),
    [`${sitePackages}/b.dist-info/METADATA`]: metadata('torch', '2.1.0+cu118'),
    [`${sitePackages}/c.dist-info/METADATA`]: metadata('certifi', '2023.07.22'),
  });
  assert.deepEqual(brief(listing), [
    'Zope.Interface 5.5.2 installed',
    'torch 2.1.0+cu118 installed',
    'certifi 2023.07.22 installed',
  ]);
});

test('pypi: reads licences, supplier and requirements', () => {
  const text = [
    ...['Name: Jinja2', 'Version: 3.1.2', 'Author: Armin Ronacher', 'Author-email: armin@example.org'],
    ...[
      'License: BSD',
      'Classifier: License :: OSI Approved :: MIT License',
      'Requires-Dist: MarkupSafe (>=2.0)',
    ],
    ...[
      'Requires-Dist: zope_interface>=5; python_version < "3.9"',
      'Requires-Dist: Babel>=2.7; extra == "i18n"',
    ],
  ].join('\n');
  assert.deepEqual(readOne(text).packages, [
    {
      type: 'pypi',
      name: 'Jinja2',
      version: '3.1.2',
      licenses: ['MIT License'],
      supplier: 'Armin Ronacher <armin@example.org>',
      requires: ['markupsafe', 'zope-interface'],
      provides: ['jinja2'],
      evidence: 'installed',
    },
  ]);
  const expression = 'Name: x\nVersion: 1\nLicense: a long text\nLicense-Expression: MIT OR Apache-2.0\n';
  assert.deepEqual(readOne(expression).packages[0]?.licenses, ['MIT OR Apache-2.0']);
});

test('pypi: takes copies inside of another distribution as vendored, with that distribution as parent', () => {
  const listing = read({
    [`${sitePackages}/setuptools/_vendor/wheel-0.43.0.dist-info/METADATA`]: metadata('wheel', '0.43.0'),
    [`${sitePackages}/pkg_resources/_vendor/packaging-21.3.dist-info/METADATA`]: metadata(
      'packaging',
      '21.3',
    ),
    [`${sitePackages}/setuptools-75.8.0.dist-info/METADATA`]: metadata('setuptools', '75.8.0'),
    [`${sitePackages}/lost/_vendor/six-1.0.dist-info/METADATA`]: metadata('six', '1.0'),
    'app/lib/setuptools-70.0.dist-info/METADATA': metadata('Setuptools', '70.0'),
    'app/lib/setuptools/_vendor/wheel-0.42.0.dist-info/METADATA': metadata('wheel', '0.42.0'),
    'app/vendor/requests-2.0.dist-info/METADATA': metadata('requests', '2.0'),
  });
  assert.deepEqual(brief(listing), [
    'wheel 0.43.0 vendored in setuptools 75.8.0',
    'packaging 21.3 vendored in setuptools 75.8.0',
    'setuptools 75.8.0 installed',
    'six 1.0 vendored',
    'Setuptools 70.0 installed',
    'wheel 0.42.0 vendored in Setuptools 70.0',
    'requests 2.0 installed',
  ]);
});

test("pypi: lists the distributions of pip's vendor.txt as vendored", () => {
  const path = `${sitePackages}/pip/_vendor/vendor.txt`;
  const listing = read({
    [`${sitePackages}/pip-23.0.dist-info/METADATA`]: metadata('pip', '23.0'),
    [path]:
      '# a comment\nrequests==2.26.0\n    idna==3.2 ; python_version > "3"\nrich[x]==12.5.1\n\nbroken>=1\n',
  });
  assert.deepEqual(brief(listing), [
    'pip 23.0 installed',
    'requests 2.26.0 vendored in pip 23.0',
    'idna 3.2 vendored in pip 23.0',
    'rich 12.5.1 vendored in pip 23.0',
  ]);
  assert.deepEqual(listing.problems, [`${path}: line 6 has no exact version: "broken>=1"`]);
});

suite('pypi: takes distributions in a cache as dormant', () => {
  for (const root of [
    'root/.cache/uv/archive-v0/3wdwsgDB',
    'opt/cache/archive-v0/3wdwsgDB',
    'opt/cache/archive-v0/3wdwsgDB/setuptools/_vendor',
    'root/.cache/pip/x',
    'home/app/.cache/pypoetry/cache/x',
    'opt/conda/pkgs/pip-23.0-py311_0/lib/python3.11/site-packages',
    'opt/conda/pkgs/pip-23.0-py311_0/site-packages',
  ])
    test(root, () => {
      assert.deepEqual(brief(readOne(metadata('x', '1.0'), `${root}/x-1.0.dist-info/METADATA`)), [
        'x 1.0 dormant',
      ]);
    });
});

test('pypi: takes environments below a cache directory as installed', () => {
  for (const root of ['root/.cache/pypoetry/virtualenvs/app/lib/python3.11/site-packages', 'app/pkgs'])
    assert.deepEqual(brief(readOne(metadata('x', '1.0'), `${root}/x-1.0.dist-info/METADATA`)), [
      'x 1.0 installed',
    ]);
});

test('pypi: yields valid packages or a problem for any text, and does not lose the file beside it', () => {
  const line = fc.constantFrom(
    'Name: x',
    'name:',
    'Version: 1',
    'Version',
    ':',
    '',
    ' ',
    '\u0000',
    'License: a\rb',
    'é',
  );
  fc.assert(
    fc.property(fc.array(line), fc.constantFrom('\n', '\r\n', '\r'), (lines, end) => {
      const listing = read({
        [`${sitePackages}/a.dist-info/METADATA`]: lines.join(end),
        [`${sitePackages}/b.dist-info/METADATA`]: metadata('b', '2'),
      });
      assert.equal(listing.packages.length + listing.problems.length + listing.without.length, 2);
      assert.ok(brief(listing).includes('b 2 installed'));
    }),
  );
});
