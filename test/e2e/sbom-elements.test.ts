import assert from 'node:assert/strict';
import { globSync, lstatSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Report } from '../../src/model/report.ts';
import { corpus, corpusTest } from '../../src/testing/corpus.ts';
import { buildImage, dockerArchive } from '../../src/testing/image-builder.ts';
import { outputOf } from '../../src/testing/native-tool.ts';
import { cyclonedxValidator, schemaValidator } from '../../src/testing/official-schema.ts';
import { spdxSchema } from '../../src/testing/spdx-schema.ts';
import { type TarEntryPlan, tar } from '../../src/testing/tar-writer.ts';
import { clair, report, scratch } from './clair.ts';
import { writeSystem } from './listed-system.ts';

interface Component {
  readonly 'bom-ref': string;
  readonly type: string;
  readonly name?: string;
  readonly version?: string;
  readonly purl?: string;
  readonly supplier?: { readonly name: string };
}

interface Bom {
  readonly serialNumber: string;
  readonly metadata: { readonly timestamp: string; readonly tools: { readonly components: object[] } };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

interface Spdx {
  readonly creationInfo: { readonly created: string; readonly creators: readonly string[] };
  readonly packages: readonly Readonly<
    Record<'SPDXID' | 'name' | 'versionInfo' | 'supplier' | 'licenseDeclared', string>
  >[];
  readonly relationships: readonly Readonly<Record<'spdxElementId' | 'relationshipType', string>>[];
}

function sbom(target: string, format: string, env: Readonly<Record<string, string>> = {}): unknown {
  const run = clair(['sbom', target, '--format', format, '--db', ':memory:'], env);
  assert.equal(run.status, 0, run.stderr);
  return JSON.parse(run.stdout);
}

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/**
 * Data fields of NTIA, "The Minimum Elements For a Software Bill of Materials": supplier, name, version, unique identifiers, dependency
 * relationship, author, timestamp. For an unknown supplier SPDX states that, and CycloneDX omits the field.
 */
function assertMinimumElements(target: string, { suppliers }: { readonly suppliers: boolean }): void {
  const bom = sbom(target, 'cyclonedx') as Bom;
  assert.deepEqual(cyclonedxValidator()(bom), []);
  assert.match(bom.metadata.timestamp, time);
  assert.equal(bom.metadata.tools.components.length, 1);
  const packages = bom.components.filter(({ type }) => type === 'library');
  assert.equal(new Set(bom.components.map((each) => each['bom-ref'])).size, bom.components.length);
  const described = new Set(bom.dependencies.map(({ ref }) => ref));
  for (const found of packages) {
    assert.ok(found.name && found.version && found.purl, found['bom-ref']);
    assert.equal(found.supplier !== undefined, suppliers, found['bom-ref']);
    assert.ok(described.has(found['bom-ref']), found['bom-ref']);
  }
  assertSpdx(sbom(target, 'spdx') as Spdx, packages.length);
}

function assertSpdx(document: Spdx, count: number): void {
  assert.deepEqual(schemaValidator(spdxSchema)(document), []);
  assert.match(document.creationInfo.created, time);
  assert.match(document.creationInfo.creators.join(), /^Tool: clair-/);
  const packages = document.packages.filter(({ SPDXID }) => SPDXID.startsWith('SPDXRef-Package-'));
  assert.equal(packages.length, count);
  const related = new Set(
    document.relationships.flatMap((each) =>
      each.relationshipType === 'DEPENDS_ON' ? each.spdxElementId : [],
    ),
  );
  for (const { SPDXID, name, versionInfo, supplier } of packages)
    assert.ok(name && versionInfo && supplier && related.has(SPDXID), SPDXID);
}

/** Images with the minimum number of known dependencies, and whether package metadata names suppliers. */
const images: readonly (readonly [image: string, edges: number, suppliers: boolean])[] = [
  ['images/alpine-39.tar.gz', 20, true],
  ['images/alpine-minirootfs-3.20.3-x86_64.tar.gz', 18, true],
  ['images/almalinux-9.0-beta-aarch64-micro.tar.xz', 35, true],
  ['golden/images/fedora-35.tar.gz', 0, true],
  ['golden/images/centos-6.tar.gz', 0, true],
  ['golden/images/opensuse-leap-151.tar.gz', 0, true],
  ['golden/images/alpine-distroless.tar.gz', 0, false],
];

for (const [image, edges, suppliers] of images)
  corpusTest(`the SBOM of ${image} has the minimum elements of NTIA, and a licence of every package`, () => {
    assertMinimumElements(corpus(image), { suppliers });
    const { packages } = report('sbom', corpus(image), '--db', ':memory:');
    assert.ok(packages.every(({ licenses = [] }) => licenses.length > 0));
    assert.ok(packages.flatMap(({ dependsOn = [] }) => dependsOn).length >= edges);
    const purls = new Set(packages.map(({ purl }) => purl));
    for (const { dependsOn = [] } of packages) for (const purl of dependsOn) assert.ok(purls.has(purl), purl);
  });

const docs = 'usr/share/doc';
const isDebian = globSync('/var/lib/dpkg/status').length > 0 && globSync(`/${docs}/*/copyright`).length > 50;
const skip = isDebian ? false : 'no Debian system';

/** The package database of this machine, above its documentation, as two layers. */
function writeDebianImage(): string {
  const members = readdirSync(`/${docs}`).flatMap((name): TarEntryPlan[] => {
    const path = `${docs}/${name}`;
    const stats = lstatSync(`/${path}`);
    if (stats.isSymbolicLink()) return [{ path, target: readlinkSync(`/${path}`) }];
    const file = `${path}/copyright`;
    const copyright = lstatSync(`/${file}`, { throwIfNoEntry: false });
    if (copyright?.isSymbolicLink()) return [{ path: file, target: readlinkSync(`/${file}`) }];
    return copyright?.isFile() ? [{ path: file, content: readFileSync(`/${file}`) }] : [];
  });
  const system = ['etc/os-release', 'var/lib/dpkg/status'].map((path) => ({
    path,
    content: readFileSync(`/${path}`),
  }));
  const place = join(scratch, 'debian.tar');
  writeFileSync(place, dockerArchive(buildImage({ steps: [{ tar: tar(members) }, { tar: tar(system) }] })));
  return place;
}

test('the SBOM of a Debian image has the minimum elements and the licenses of copyright files in any layer', {
  skip,
}, () => {
  const image = writeDebianImage();
  assertMinimumElements(image, { suppliers: true });
  const { packages } = report('sbom', image, '--db', ':memory:');
  const licensed = packages.filter(({ licenses = [] }) => licenses.length > 0);
  assert.ok(licensed.length >= 0.9 * packages.length, `${licensed.length} of ${packages.length}`);
  assert.deepEqual(packages, report('sbom', image, '--db', ':memory:').packages);
});

test('the dependencies of a Debian image equal those that apt resolves', {
  skip: skip || withoutApt(),
}, () => {
  const { packages } = report('sbom', writeDebianImage(), '--db', ':memory:');
  const nameOf = new Map(packages.map(({ purl, name }) => [purl, name]));
  const installed = new Set(nameOf.values());
  const names = packages.map(({ name }) => name).slice(0, 150);
  const printed = outputOf('apt-cache', [
    'depends',
    '--no-recommends',
    '--no-suggests',
    '--no-conflicts',
    '--no-breaks',
    '--no-replaces',
    '--no-enhances',
    ...names,
  ]);
  const resolved = dependsOf(printed);
  let compared = 0;
  for (const { name, dependsOn = [] } of packages) {
    const allowed = resolved.get(name);
    if (allowed === undefined) continue;
    const needed = new Set(dependsOn.map((purl) => nameOf.get(purl) ?? ''));
    for (const each of needed) assert.ok(allowed.all.has(each), `${name} needs ${each}`);
    for (const each of allowed.sure)
      assert.ok(needed.has(each) || !installed.has(each), `${name} needs no ${each}`);
    compared += needed.size;
  }
  assert.ok(compared > 100);
});

function withoutApt(): string | false {
  return globSync('/usr/bin/apt-cache').length > 0 ? false : 'no apt-cache';
}

interface Dependencies {
  /** Dependencies of the package, whatever else is installed. */
  readonly sure: Set<string>;
  /** Dependencies with alternatives and providers. */
  readonly all: Set<string>;
}

/** Parses the dependencies that apt prints: a line with two spaces each, with `|` before all alternatives but the last. */
function dependsOf(printed: string): ReadonlyMap<string, Dependencies> {
  const resolved = new Map<string, Dependencies>();
  let open: Dependencies = { sure: new Set(), all: new Set() };
  let isAlternative = false;
  for (const line of printed.split('\n')) {
    const [, bar, name = ''] = /^ *(\|?)(?:(?:Pre)?Depends: )?<?([^\s:<>]+)/.exec(line) ?? [];
    if (!line.startsWith(' ')) {
      open = { sure: new Set(), all: new Set() };
      resolved.set(name, open);
      continue;
    }
    open.all.add(name);
    if (line.startsWith('    ')) continue;
    if (bar === '' && !isAlternative) open.sure.add(name);
    isAlternative = bar === '|';
  }
  return resolved;
}

test('uses SOURCE_DATE_EPOCH as the time of an SBOM and rejects a value that is not a number', () => {
  const image = join(scratch, 'epoch.tar');
  writeFileSync(
    image,
    dockerArchive(
      buildImage({ steps: [{ tar: tar([{ path: 'lib/apk/db/installed', content: 'P:a\nV:1\n\n' }]) }] }),
    ),
  );
  const epoch = { SOURCE_DATE_EPOCH: '1700000000' };
  assert.equal((sbom(image, 'cyclonedx', epoch) as Bom).metadata.timestamp, '2023-11-14T22:13:20Z');
  assert.equal((sbom(image, 'spdx', epoch) as Spdx).creationInfo.created, '2023-11-14T22:13:20Z');
  const run = clair(['sbom', image, '--format', 'spdx', '--db', ':memory:'], { SOURCE_DATE_EPOCH: 'now' });
  assert.deepEqual([run.status, /SOURCE_DATE_EPOCH/.test(run.stderr)], [2, true]);
});

test('hashes that files state are in every SBOM, and are read back', () => {
  const root = join(scratch, 'hashes');
  const sha1 = 'da39a3ee5e6b4b0d3255bfef95601890afd80709';
  writeSystem(
    root,
    { ID: 'debian', VERSION_ID: '12' },
    {
      'app/vendor/composer/installed.json': JSON.stringify({
        packages: [{ name: 'acme/a', version: '1.0.0', dist: { shasum: sha1 } }],
      }),
      'app/node_modules/ms/package.json': JSON.stringify({
        name: 'ms',
        version: '2.0.0',
        _integrity: `sha1-${Buffer.from(sha1, 'hex').toString('base64')}`,
      }),
    },
  );
  const target = `dir:${root}`;
  const { packages } = sbom(target, 'json') as Report;
  assert.deepEqual(
    packages.map(({ name, hashes }) => [name, hashes]),
    [
      ['acme/a', [`sha1:${sha1}`]],
      ['ms', [`sha1:${sha1}`]],
    ],
  );
  const bom = sbom(target, 'cyclonedx') as { readonly components: readonly { readonly hashes?: object[] }[] };
  assert.deepEqual(cyclonedxValidator()(bom), []);
  assert.deepEqual(
    bom.components.flatMap(({ hashes = [] }) => hashes),
    [1, 2].map(() => ({ alg: 'SHA-1', content: sha1 })),
  );
  const spdx = sbom(target, 'spdx') as { readonly packages: readonly { readonly checksums?: object[] }[] };
  assert.deepEqual(schemaValidator(spdxSchema)(spdx), []);
  assert.deepEqual(
    spdx.packages.flatMap(({ checksums = [] }) => checksums),
    [1, 2].map(() => ({ algorithm: 'SHA1', checksumValue: sha1 })),
  );
  for (const [name, document] of Object.entries({ 'hashes.cdx.json': bom, 'hashes.spdx.json': spdx })) {
    const path = join(scratch, name);
    writeFileSync(path, JSON.stringify(document));
    const read = sbom(`sbom:${path}`, 'json') as Report;
    assert.deepEqual(
      read.packages.map(({ hashes }) => hashes),
      [[`sha1:${sha1}`], [`sha1:${sha1}`]],
      name,
    );
  }
});
