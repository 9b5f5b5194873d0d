import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { before, test } from 'node:test';
import { zipSync } from 'fflate';
import type { Package } from '../../src/model/package.ts';
import type { Report } from '../../src/model/report.ts';
import { dotnetBundle } from '../../src/testing/dotnet-bundle.ts';
import { buildImage, dockerArchive } from '../../src/testing/image-builder.ts';
import { type TarEntryPlan, tar } from '../../src/testing/tar-writer.ts';
import { report, scratch } from './clair.ts';

/** Files by path. */
type Files = Readonly<Record<string, string | Uint8Array>>;

function zip(files: Files, level: 0 | 6 = 6): Uint8Array {
  const entries = Object.entries(files).map(
    ([path, content]) => [path, Buffer.from(content as Uint8Array)] as const,
  );
  return zipSync(Object.fromEntries(entries), { level, mtime: '2000-01-01' });
}

function jar(files: Files): Uint8Array {
  return zip({ 'org/example/A.class': 'code', ...files });
}

function manifest(...lines: readonly string[]): Files {
  return { 'META-INF/MANIFEST.MF': ['Manifest-Version: 1.0', ...lines, ''].join('\r\n') };
}

function properties(group: string, artifact: string, version: string): Files {
  return {
    [`META-INF/maven/${group}/${artifact}/pom.properties`]: `groupId=${group}\nartifactId=${artifact}\nversion=${version}\n`,
  };
}

function npm(name: string, version: string): string {
  return JSON.stringify({ name, version });
}

function python(name: string, version: string): string {
  return `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n\n`;
}

const site = 'opt/venv/lib/python3.12/site-packages';
const ruby = 'usr/local/lib/ruby/gems/3.2.0/specifications';

const dependencies = {
  runtimeTarget: { name: 'net8.0/linux-x64' },
  targets: {
    'net8.0/linux-x64': {
      'Shop/1.0.0': { runtime: { 'Shop.dll': {} } },
      'Used/1.2.3': { runtime: { 'lib/net8.0/Used.dll': {} } },
      'Gone/1.2.3': { runtime: { 'lib/net8.0/Gone.dll': {} } },
      'Compiled/1.2.3': { compile: { 'ref/Compiled.dll': {} } },
      'runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.1': { native: { 'libcoreclr.so': {} } },
    },
  },
  libraries: {
    'Shop/1.0.0': { type: 'project' },
    'Used/1.2.3': { type: 'package' },
    'Gone/1.2.3': { type: 'package' },
    'Compiled/1.2.3': { type: 'package' },
    'runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.1': { type: 'runtimepack' },
  },
};

const bundled = {
  runtimeTarget: { name: 'net8.0' },
  targets: { 'net8.0': { 'Bundled/3.0.0': { runtime: { 'lib/net8.0/Bundled.dll': {} } }, 'Ref/1.0.0': {} } },
  libraries: { 'Bundled/3.0.0': { type: 'package' }, 'Ref/1.0.0': { type: 'package' } },
};

const symfony = {
  packages: [
    { name: 'symfony/symfony', version: 'v4.4.1', replace: { 'symfony/http-kernel': 'self.version' } },
  ],
};

/** The lower layer. */
const lower: Files = {
  'etc/os-release': 'ID=minimal\nVERSION_ID="1"\n',
  [`${site}/pip-26.0.dist-info/METADATA`]: python('pip', '26.0'),
  [`${site}/pip/_vendor/bom.cdx.json`]:
    '{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"type":"library","name":"msgpack","version":"1.1.2","purl":"pkg:pypi/msgpack@1.1.2"}]}',
  [`${site}/setuptools-75.8.0.dist-info/METADATA`]: python('setuptools', '75.8.0'),
  [`${site}/setuptools/_vendor/wheel-0.45.1.dist-info/METADATA`]: python('wheel', '0.45.1'),
  [`${site}/gone-1.0.dist-info/METADATA`]: python('gone', '1.0'),
  [`${site}/gone-1.0.dist-info/RECORD`]: 'gone/__init__.py,sha256=x,1\ngone-1.0.dist-info/RECORD,,\n',
  [`${site}/torch-2.1.0+cu118.dist-info/METADATA`]: python('torch', '2.1.0+cu118'),
  [`${site}/zope.interface-5.4.0.dist-info/METADATA`]: python('Zope.Interface', '5.4.0'),
  [`${site}/certifi-2023.7.22.dist-info/METADATA`]: python('certifi', '2023.7.22'),
  'app/node_modules/stub/package.json': '{"type":"module"}',
  'app/node_modules/replaced/package.json': npm('replaced', '1.0.0'),
  'app/node_modules/replaced/node_modules/inner/package.json': npm('inner', '1.0.0'),
  'app/node_modules/@rootio/babel__core/package.json': npm('@rootio/babel__core', '7.20.0-root.io.1'),
  'app/node_modules/@rootio/lodash/package.json': npm('@rootio/lodash', '4.17.20-root.io.1'),
  'app/node_modules/patched/package.json': npm('patched', '1.2.3-sp1'),
  'java/okio-1.13.0.jar': jar(properties('com.squareup.okio', 'okio', '1.13.0')),
  'java/derby-10.14.2.0.jar': jar(
    manifest(
      'Bundle-Vendor: Apache Software Foundation',
      'Bundle-SymbolicName: derby',
      'Bundle-Activator: org.apache.derby.osgi.EmbeddedActivator',
      'Bundle-Version: 10.14.2000000.1828579',
    ),
  ),
  'java/xalan-2.7.2.jar': jar(
    manifest(
      'Created-By: x',
      '',
      'Name: java_cup/runtime/',
      'Implementation-Title: java_cup',
      'Implementation-Version: 0.10k',
      'Implementation-Vendor-Id: edu.example',
    ),
  ),
  'java/instrumentation-commons-io-1.0.jar': jar({
    ...manifest(
      'Weave-Classes: org.example.A',
      'Implementation-Title: commons-io',
      'Implementation-Version: 1.0',
    ),
  }),
  'java/apm-agent.jar': jar({
    ...properties('co.elastic.apm', 'apm-agent', '1.28.0'),
    'agent/org/apache/logging/log4j/core/lookup/JndiLookup.esclazz': 'code',
  }),
  'java/app.jar': Buffer.concat([
    Buffer.from('#!/bin/bash\nexec java -jar "$0"\n'),
    zip(
      {
        ...manifest('Start-Class: org.example.A'),
        'BOOT-INF/classes/org/example/A.class': 'code',
        'BOOT-INF/lib/snakeyaml-1.26.jar': jar(properties('org.yaml', 'snakeyaml', '1.26')),
      },
      0,
    ),
  ]),
  'quarkus-app/lib/main/org.yaml.snakeyaml-1.33.jar': jar(
    manifest('Bundle-SymbolicName: org.yaml.snakeyaml'),
  ),
  'srv/Shop.deps.json': JSON.stringify(dependencies),
  'srv/Shop.dll': 'MZ',
  'srv/Used.dll': 'MZ',
  [`${ruby}/default/json-2.6.3.gemspec`]: '# stub: json 2.6.3 ruby lib\n'.repeat(2),
  [`${ruby}/json-2.7.0.gemspec`]: '# stub: json 2.7.0 ruby lib\n'.repeat(2),
  'var/www/vendor/composer/installed.json': JSON.stringify(symfony),
  'opt/unpacked/META-INF/maven/commons-io/commons-io/pom.properties':
    'groupId=commons-io\nartifactId=commons-io\nversion=2.6\n',
  'opt/unpacked/META-INF/MANIFEST.MF': 'Manifest-Version: 1.0\r\nBundle-Version: 2.6\r\n',
  'opt/obscure/META-INF/MANIFEST.MF': 'Bundle-SymbolicName: obscure\r\nBundle-Version: 1.0\r\n',
  'opt/tool/Tool': dotnetBundle({ list: JSON.stringify(bundled, undefined, 2) }),
  'pnpm/node_modules/.pnpm/a@1.0.0/node_modules/a/package.json':
    '{"name":"a","version":"1.0.0","dependencies":{"b":"^2.0.0"}}',
  'pnpm/node_modules/.pnpm/b@1.0.0/node_modules/b/package.json': npm('b', '1.0.0'),
  'pnpm/node_modules/.pnpm/b@2.0.0/node_modules/b/package.json': npm('b', '2.0.0'),
  'srv/site/wp-includes/version.php': "<?php\n$wp_version = '6.4.2';\n",
  'srv/site/wp-content/plugins/index.php': '<?php // Silence is golden.\n',
  'srv/site/wp-content/plugins/akismet/akismet.php': '<?php\n/*\nPlugin Name: Akismet\nVersion: 5.3\n*/\n',
  'srv/site/wp-content/plugins/akismet/index.php': '<?php // Silence is golden.\n',
  'srv/site/wp-content/plugins/obscure/main.php': '<?php echo 1;\n',
  'srv/site/wp-content/themes/astra/style.css': '/*\nTheme Name: Astra\nVersion: 4.6.0\n*/\n',
  'opt/shop/lib/plug-1.15.3/ebin/plug.app': '{application,plug,[{vsn,"1.15.3"}]}.\n',
  'test/conda-meta/openssl-1.1.1w-h7f8727e_0.json': '{"name":"openssl","version":"1.1.1w"}',
};

/** The upper layer, which replaces a package by a newer one. */
const upper: Files = {
  'app/node_modules/replaced/.wh.node_modules': '',
  'app/node_modules/replaced/package.json': npm('replaced', '2.0.0'),
};

/** Links of pnpm in the lower layer, with their targets. */
const links: Readonly<Record<string, string>> = {
  'pnpm/node_modules/a': '.pnpm/a@1.0.0/node_modules/a',
  'pnpm/node_modules/b': '.pnpm/b@1.0.0/node_modules/b',
  'pnpm/node_modules/.pnpm/a@1.0.0/node_modules/b': '../../b@2.0.0/node_modules/b',
};

/** An advisory for one package. */
function advisory(id: string, ecosystem: string, name: string, ...events: readonly object[]): object {
  return {
    schema_version: '1.7.5',
    id,
    modified: '2024-01-01T00:00:00Z',
    aliases: [],
    affected: [
      {
        package: { ecosystem, name },
        ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, ...events] }],
      },
    ],
  };
}

const feeds: Readonly<Record<string, readonly object[]>> = {
  npm: [
    advisory('GHSA-babel', 'npm', '@babel/core', { fixed: '7.23.2' }),
    advisory('GHSA-lodash', 'npm', 'lodash', { fixed: '4.17.21' }),
    advisory('GHSA-patched', 'npm', 'patched', { fixed: '1.3.0' }),
    advisory('MAL-2024-1', 'npm', 'inner'),
    advisory('GHSA-replaced', 'npm', 'replaced', { fixed: '3.0.0' }),
  ],
  Root: [advisory('ROOT-APP-NPM-1', 'Root:npm', '@rootio/lodash', { fixed: '4.17.20-root.io.2' })],
  PyPI: [
    advisory('PYSEC-last', 'PyPI', 'torch', { last_affected: '2.1.0' }),
    advisory('PYSEC-before', 'PyPI', 'torch', { fixed: '2.1.0' }),
    advisory('PYSEC-zope', 'PyPI', 'zope-interface', { fixed: '6.0' }),
    advisory('PYSEC-certifi', 'PyPI', 'certifi', { fixed: '2023.07.22' }),
    advisory('PYSEC-gone', 'PyPI', 'gone', { fixed: '2.0' }),
    advisory('PYSEC-wheel', 'PyPI', 'wheel', { fixed: '0.46.0' }),
    advisory('PYSEC-msgpack', 'PyPI', 'msgpack', { fixed: '2.0' }),
  ],
};

function writeMirror(place: string): string {
  for (const [feed, records] of Object.entries(feeds)) {
    const path = join(place, `osv-vulnerabilities.storage.googleapis.com/${feed}/all.zip`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(
      path,
      zip(Object.fromEntries(records.map((record, i) => [`${i}.json`, JSON.stringify(record)]))),
    );
  }
  return place;
}

function layer(files: Files, targets: Readonly<Record<string, string>> = {}): { readonly tar: Uint8Array } {
  const entries = Object.entries(files).map(([path, content]): TarEntryPlan => ({ path, content }));
  const symlinks = Object.entries(targets).map(([path, target]): TarEntryPlan => ({ path, target }));
  return { tar: tar([...entries, ...symlinks]) };
}

let scanned: Report;
before(() => {
  const image = join(scratch, 'rules.tar');
  writeFileSync(image, dockerArchive(buildImage({ steps: [layer(lower, links), layer(upper)] })));
  scanned = report('scan', image, '--mirror', writeMirror(join(scratch, 'rules')), '--db', ':memory:');
});

/** Packages of a directory: `name version evidence parent`. */
function listed(directory: string): string[] {
  const isThere = ({ location, locations = [location] }: Package): boolean =>
    locations.some(({ path }) => path.startsWith(`${directory}/`));
  return scanned.packages.filter(isThere).map(({ name, version, evidence, parent }) => {
    const within = parent && `in ${[parent.name, parent.version].filter(Boolean).join(' ')}`;
    return [name, version, evidence, within].filter(Boolean).join(' ');
  });
}

const only = (directory: string, name: string): string[] =>
  listed(directory).filter((row) => row.startsWith(`${name} `));

const findings = (name: string): string[] =>
  scanned.matches.filter((match) => match.package.name === name).map(({ vulnerability }) => vulnerability.id);

test('lists nothing that only a document of pip claims', () => {
  assert.deepEqual([only(site, 'msgpack'), findings('msgpack')], [[], []]);
});

test('lists a wheel within setuptools as vendored, with its parent', () => {
  assert.deepEqual(only(site, 'wheel'), ['wheel 0.45.1 vendored in setuptools 75.8.0']);
  assert.deepEqual(findings('wheel'), ['PYSEC-wheel']);
});

test('lists a distribution as stale when none of the files of its RECORD is left', () => {
  assert.deepEqual([only(site, 'gone'), findings('gone')], [['gone 1.0 stale'], []]);
});

test('matches a local version by its public version', () => {
  assert.deepEqual(findings('torch'), ['PYSEC-last']);
});

test('matches names of PyPI in any spelling, and dates as versions with or without zeros', () => {
  assert.deepEqual([findings('Zope.Interface'), findings('certifi')], [['PYSEC-zope'], []]);
});

test('lists no package for a manifest without name and version', () => {
  assert.deepEqual(only('app/node_modules/stub', ''), []);
});

test('lists only the new package when a later layer replaces the old one', () => {
  assert.deepEqual(listed('app/node_modules/replaced'), ['replaced 2.0.0 installed']);
  assert.deepEqual([findings('replaced'), findings('inner')], [['GHSA-replaced'], []]);
});

test('uses the advisories of the supplier for its packages, and those of the registry for others', () => {
  assert.deepEqual(findings('@rootio/babel__core'), []);
  assert.deepEqual(findings('@rootio/lodash'), ['ROOT-APP-NPM-1']);
  assert.deepEqual(findings('patched'), ['GHSA-patched']);
});

test('identifies a jar without manifest, and by its main section only', () => {
  assert.deepEqual(only('java', 'com.squareup.okio:okio'), ['com.squareup.okio:okio 1.13.0 installed']);
  assert.deepEqual(only('java', 'org.apache.derby:derby').length, 1);
  assert.deepEqual(only('java', 'xalan:xalan'), ['xalan:xalan 2.7.2 installed']);
  assert.equal(listed('java').filter((row) => /java_cup|commons-io/.test(row)).length, 0);
});

test('suspects log4j in an agent that renamed its classes', () => {
  const files = scanned.statuses.flatMap((status) => status.files);
  const problems = files.filter(({ path }) => path === 'java/apm-agent.jar').map(({ problem }) => problem);
  assert.match(problems.join('\n'), /^contains a copy of log4j-core of an unknown version/);
});

test('lists a jar within an archive that begins with a script, and a jar of Quarkus', () => {
  const found = scanned.packages.filter(({ name }) => name === 'org.yaml:snakeyaml');
  assert.deepEqual(
    found.map(({ version, evidence, location }) => [version, evidence, location.path]),
    [
      ['1.26', 'embedded-in-archive', 'java/app.jar!/BOOT-INF/lib/snakeyaml-1.26.jar'],
      ['1.33', 'installed', 'quarkus-app/lib/main/org.yaml.snakeyaml-1.33.jar'],
    ],
  );
});

test('lists packages of .NET that are there: not projects, nor what was needed to compile', () => {
  assert.deepEqual(
    listed('srv').filter((row) => !/^(?:wordpress|plugin|theme)/.test(row)),
    ['Gone 1.2.3 stale', 'Microsoft.NETCore.App.Runtime.linux-x64 8.0.1 installed', 'Used 1.2.3 installed'],
  );
});

test('lists default gems, replaced PHP packages, releases of Elixir and conda environments', () => {
  assert.deepEqual(listed(ruby), ['json 2.6.3 installed', 'json 2.7.0 installed']);
  assert.deepEqual(listed('var/www'), [
    'symfony/http-kernel v4.4.1 vendored in symfony/symfony v4.4.1',
    'symfony/symfony v4.4.1 installed',
  ]);
  assert.deepEqual(listed('opt/shop'), ['plug 1.15.3 installed']);
  assert.deepEqual(listed('test'), ['openssl 1.1.1w installed']);
});

test('lists WordPress with its plugins and themes, and counts a plugin without a header as unread', () => {
  assert.deepEqual(listed('srv/site'), [
    'plugin/akismet 5.3 installed',
    'theme/astra 4.6.0 installed',
    'wordpress 6.4.2 installed',
  ]);
  const ofWordpress = scanned.coverage.filter(({ namespace }) => namespace === 'wordpress');
  assert.deepEqual(
    ofWordpress.map(({ status, reason }) => `${status}: ${reason}`),
    [
      'unsupported: no advisory source for wordpress',
      'unsupported: 1 WordPress core, plugin or theme is not read, e.g. srv/site/wp-content/plugins/obscure',
    ],
  );
});

test('lists an unpacked archive, and counts a bundle that nothing identifies as unread', () => {
  assert.deepEqual(listed('opt/unpacked'), ['commons-io:commons-io 2.6 installed']);
  assert.deepEqual(listed('opt/obscure'), []);
  const paths = scanned.unread?.find(({ kind }) => kind === 'maven')?.paths ?? [];
  assert.deepEqual(
    paths.filter((path) => path.endsWith('MANIFEST.MF')),
    ['opt/obscure/META-INF/MANIFEST.MF'],
  );
});

test('lists the packages of a .NET application that is one program, and reads it whole', () => {
  assert.deepEqual(listed('opt/tool'), ['Bundled 3.0.0 embedded-in-archive']);
  assert.ok(!JSON.stringify(scanned.unread).includes('opt/tool'));
});

test('lists a package of pnpm once, with what its links lead to as dependencies', () => {
  const ofPnpm = scanned.packages.filter(({ location }) => location.path.startsWith('pnpm/'));
  assert.deepEqual(
    ofPnpm.map(({ purl, locations, dependsOn }) => [purl, locations, dependsOn]),
    [
      ['pkg:npm/a@1.0.0', undefined, ['pkg:npm/b@2.0.0']],
      ['pkg:npm/b@1.0.0', undefined, []],
      ['pkg:npm/b@2.0.0', undefined, []],
    ],
  );
  assert.ok(!JSON.stringify(scanned.unread).includes('pnpm'));
});
