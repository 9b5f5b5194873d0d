import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type BuiltIn, builtIn } from '../../src/extensions.ts';
import { openImage } from '../../src/image/open-image.ts';
import type { Package } from '../../src/model/package.ts';
import type { Inventory, Report, Target } from '../../src/model/report.ts';
import type { PackageLister } from '../../src/plugin/package-lister.ts';
import type { ReportFormat } from '../../src/plugin/report-format.ts';
import { jsonFormat } from '../../src/report/json-formats.ts';
import { readSbom } from '../../src/sbom/read-sbom.ts';
import { matchImage } from '../../src/service/findings/match-image.ts';
import { indexImage } from '../../src/service/images/index-image.ts';
import { indexSbom } from '../../src/service/images/index-sbom.ts';
import type { IndexedImage } from '../../src/service/images/indexed-image.ts';
import { LayerAnalyzer } from '../../src/service/images/layer-analyzer.ts';
import type { ImagePackage } from '../../src/store/image-store.ts';
import { openSqliteStore } from '../../src/store/sql/sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';
import { appImage } from '../../src/testing/app-images.ts';
import { corpus, corpusTest } from '../../src/testing/corpus.ts';
import { buildImage, dockerArchive, ociArchive } from '../../src/testing/image-builder.ts';
import { writeNdb, writeRpmHeader } from '../../src/testing/rpm-writer.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { clair, inCheckout, report, scratch } from './clair.ts';
import { writeSystem } from './listed-system.ts';
import { corpusMirror } from './mirror.ts';

/** Output formats that can be read back, with and without findings. */
const written = {
  scan: builtIn.formats.filter(({ name }) => /^(?:json|cyclonedx|spdx)$/.test(name)),
  sbom: builtIn.sbomFormats,
};

function textOf(format: ReportFormat, shown: Report): string {
  return [...format.write(shown, { colors: false })].join('');
}

/** Returns a report without what an inventory states differently: of the target, only platform and manifest remain. */
function comparable({ target, ...rest }: Report): object {
  return { ...rest, manifest: target.manifest, platform: target.platform };
}

async function assess(target: Target, image: IndexedImage, store: Store): Promise<Report> {
  const deps = { extensions: builtIn, store, outcomes: [], now: () => new Date(0), staleAfterMs: Infinity };
  return (await matchImage(target, image, deps)).report;
}

function targetOf({ subject: { reference, kind, ...identity } }: Inventory): Target {
  return { reference: 'sbom:F', kind: 'sbom', ...identity, subject: { reference, kind } };
}

/** `explain` shows the remarks of an image. No report has them. */
function withoutRemarks(item: ImagePackage): ImagePackage {
  const copy = { ...item };
  Reflect.deleteProperty(copy, 'remarks');
  return copy;
}

/** Asserts that every document written for an image gives the same image and the same document again. */
async function assertRoundTrip(name: string, extensions: BuiltIn = builtIn): Promise<Report> {
  await using store = await openSqliteStore(':memory:');
  const image = await openImage(name, { platform: 'linux/amd64' });
  const indexed = await indexImage(image, {
    extensions,
    store,
    analyzer: new LayerAnalyzer({
      analyzers: extensions,
      startWorker: () => assert.fail('the image is small enough for one thread'),
    }),
    verify: false,
    onProgress: () => undefined,
  });
  // An SBOM has the evidence that no package owns. Owned files are known by their packages.
  const found = indexed.evidence.found.filter(({ owner }) => owner === undefined);
  const index: IndexedImage = { ...indexed, evidence: { ...indexed.evidence, found } };
  const original = await assess(image.target, index, store);
  for (const [command, formats] of Object.entries(written)) {
    for (const format of formats) {
      const what = `clair ${command} ${name} --format ${format.name}`;
      const text = textOf(format, original);
      const inventory = readSbom(Buffer.from(text), 'F');
      const back = await indexSbom(inventory, { extensions, store });
      assert.deepEqual(back.packages, index.packages.map(withoutRemarks), what);
      const again = await assess(targetOf(inventory), back, store);
      assert.equal(
        textOf(jsonFormat, { ...again, target: original.target }),
        textOf(jsonFormat, original),
        what,
      );
      if (format.name !== 'json') assert.equal(textOf(format, again), text, what);
    }
  }
  return original;
}

corpusTest('restores the image from an SBOM: images with language packages at several paths', async () => {
  for (const name of ['node-app', 'python-uv']) {
    const { packages } = await assertRoundTrip(appImage(name));
    assert.ok(packages.some(({ locations = [] }) => locations.length > 1));
    assert.ok(packages.some(({ parent }) => parent !== undefined));
  }
});

corpusTest('restores the image from an SBOM: images of many distributions', async () => {
  const archives = /rootfs.*\.tar\.gz$|\.tar\.xz$|^layers-a-(?:docker\.tar\.gz|oci)$|^busybox|^alpine-39/;
  const files = ['golden/images', 'images'].flatMap((folder) =>
    readdirSync(corpus(folder))
      .filter((file) => folder === 'golden/images' || archives.test(file))
      .map((file) => corpus(`${folder}/${file}`)),
  );
  const reports: Report[] = [];
  for (const file of files) reports.push(await assertRoundTrip(file));
  assert.equal(files.length, 22);
  assert.equal(new Set(reports.map(({ distro }) => distro?.id)).size, 10);
  assert.ok(reports.filter(({ packages }) => packages.length > 10).length > 10);
});

const images = process.env['CLAIR_TEST_IMAGES'];

test('restores the image from an SBOM: whole systems', { skip: images === undefined }, async () => {
  const files = readdirSync(join(images ?? '', 'docker'));
  for (const file of files) await assertRoundTrip(join(images ?? '', 'docker', file));
  assert.ok(files.length > 5);
});

/** A root file system with one rpm database of the corpus. */
function systemOf(name: string, file: string, osRelease: Readonly<Record<string, string>>): string {
  const root = join(scratch, 'rpm-systems', name);
  const database = readFileSync(corpus(`pkgdb/rpmdb/${name}/${file}`));
  writeSystem(root, osRelease, { [`var/lib/rpm/${file}`]: database });
  return `dir:${root}`;
}

corpusTest('restores the image from an SBOM: rpms with epochs, vendors and sources', async () => {
  const systems = [
    systemOf('clair-nodejs', 'Packages', { ID: 'centos', VERSION_ID: '8', ID_LIKE: 'rhel fedora' }),
    systemOf('sle15-bci', 'Packages.db', { ID: 'sles', VERSION_ID: '15.5', ID_LIKE: 'suse' }),
    systemOf('cbl-mariner-2.0', 'rpmdb.sqlite', { ID: 'mariner', VERSION_ID: '2.0' }),
    systemOf('amazonlinux2023-plain', 'rpmdb.sqlite', {
      ID: 'amzn',
      VERSION_ID: '2023',
      SUPPORT_END: '2029-06-30',
    }),
    systemOf('scalibr-epoch', 'Packages', { ID: 'unknown' }),
  ];
  const reports: Report[] = [];
  for (const system of systems) reports.push(await assertRoundTrip(system));
  const packages = reports.flatMap((each) => each.packages);
  for (const has of [
    ({ vendor, licence }: Package) => vendor !== undefined && licence !== undefined,
    ({ version }: Package) => /^[1-9]\d*:/.test(version),
    ({ source, name }: Package) => source !== undefined && source.name !== name,
  ])
    assert.ok(packages.some(has), String(has));
});

const manifest = 'opt/app/package.json';

/** A lister of a language whose files may belong to distribution packages. */
const languageLister: PackageLister = {
  name: 'acme-npm',
  version: 1,
  wants: [manifest],
  ecosystem: { name: 'npm', versionScheme: 'npm' },
  *list(files) {
    if (files.has(manifest))
      yield {
        kind: 'package',
        path: manifest,
        package: { type: 'npm', name: '@acme/Web', version: '1.0.0' },
      };
  },
};

/** A Red Hat image with a module, content sets and a damaged database entry. */
const base = tar([
  {
    path: 'etc/os-release',
    content: 'ID="rhel"\nVERSION_ID="8.7"\nPRETTY_NAME="Red Hat é"\nID_LIKE="fedora"\n',
  },
  {
    path: 'root/buildinfo/content_manifests/a.json',
    content: '{"content_sets":["rhel-8-for-x86_64-appstream-rpms","rhel-8-for-x86_64-baseos-rpms"]}',
  },
  {
    path: 'var/lib/rpm/Packages.db',
    content: writeNdb([
      writeRpmHeader([
        ...([
          [1000, 'nodejs'],
          [1001, '18.14.2'],
          [1002, '2.module+el8.7.0+18445+9493b6ea'],
          [1003, 1],
        ] as const),
        ...([
          [1011, 'Red Hat, Inc.'],
          [1014, 'MIT & more'],
          [1022, 'x86_64'],
        ] as const),
        ...([[1044, 'nodejs-18.14.2-2.module+el8.7.0+18445+9493b6ea.src.rpm']] as const),
        ...([[5096, 'nodejs:18:8070020230306170042:bd1311ed']] as const),
      ]),
      writeRpmHeader([
        [1000, 'plain'],
        [1001, '1'],
        [1002, '1'],
        [1022, 'noarch'],
      ]),
      Buffer.from('no header'),
    ]),
  },
]);
/** A package with an application, and an empty database. */
const upper = tar([
  {
    path: 'var/lib/dpkg/status',
    content: 'Package: app\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n',
  },
  { path: 'var/lib/dpkg/info/app.list', content: `/opt/app\n/${manifest}\n` },
  { path: manifest, content: '{}' },
  { path: 'lib/apk/db/installed', content: 'P:broken\n\n' },
]);
test('restores the image from an SBOM: layers, repositories, owners and problems', async () => {
  const plan = buildImage({
    steps: [
      { tar: base, createdBy: '/bin/sh -c #(nop) ADD file:1 in / "quoted" <&>\ttab' },
      { createdBy: 'ENV A=b' },
      { tar: upper },
    ],
    compression: 'gzip',
    tags: ['acme/web:1.4.2'],
  });
  const files = { 'sbom-docker.tar': dockerArchive(plan), 'sbom-oci.tar': ociArchive(plan) };
  for (const [name, bytes] of Object.entries(files)) {
    const path = join(scratch, name);
    writeFileSync(path, bytes);
    const found = await assertRoundTrip(path, { ...builtIn, listers: [...builtIn.listers, languageLister] });
    assert.deepEqual(
      found.packages.map((each) => [
        each.name,
        each.repositories?.length,
        each.owner,
        each.modularity?.slice(0, 9),
      ]),
      [
        ['app', 2, undefined, undefined],
        ['@acme/Web', 2, 'app', undefined],
        ['nodejs', 2, undefined, 'nodejs:18'],
        ['plain', 2, undefined, undefined],
      ],
      name,
    );
    assert.ok(found.statuses.some(({ status }) => status !== 'succeeded'));
    assert.equal(found.layers.length, 2);
  }
});

/** Runs a command and asserts that it succeeds. */
function output(...args: readonly string[]): string {
  const { status, stdout, stderr } = clair(args);
  assert.equal(status, 0, stderr);
  return stdout;
}

/** Asserts that the command finds the same in an SBOM as in its image, and writes the same documents for both. */
function compareScans(image: string, place: readonly string[]): Report {
  const original = report('scan', image, '--no-lookups', ...place);
  const offline = [...place.slice(0, 2), '--offline', '--no-lookups'];
  for (const [i, [command, format]] of [
    ['scan', 'json'],
    ['scan', 'spdx'],
    ['sbom', 'cyclonedx'],
  ].entries()) {
    const file = join(scratch, `written-${i}.json`);
    const database = command === 'scan' ? offline : place.slice(0, 2);
    output(command ?? '', image, ...database, '--format', format ?? '', '--output', file);
    assert.deepEqual(comparable(report('scan', `sbom:${file}`, ...offline)), comparable(original), format);
    if (format === 'json') continue;
    // Detected by its content.
    const again = output(command ?? '', file, ...database, '--format', format ?? '');
    assert.equal(again, readFileSync(file, 'utf8'));
  }
  comparePurls(original, offline);
  return original;
}

/** Returns the part of a finding that a third-party document can lead to. */
function findingsIn({ matches, suppressed }: Report): string[] {
  return [...matches, ...suppressed]
    .map(({ vulnerability, package: { name, version }, fix }) =>
      JSON.stringify([vulnerability.id, name, version, fix]),
    )
    .sort();
}

/** Package URLs as syft writes them. They have all that findings need, except modules and repositories of rpm packages. */
function comparePurls(original: Report, place: readonly string[]): void {
  const file = join(scratch, 'purls.json');
  const components = original.packages.map(({ purl }) => ({ type: 'library', purl }));
  writeFileSync(file, JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.5', components }));
  const rescanned = report('scan', `sbom:${file}`, ...place);
  assert.deepEqual(findingsIn(rescanned), findingsIn(original));
  assert.deepEqual(rescanned.coverage, original.coverage);
}

test('clair scan sbom:F reports the same as clair scan of the image', () => {
  const place = ['--db', join(scratch, 'sbom.db'), '--mirror', inCheckout('examples/mirror')];
  const image = inCheckout('examples/image.tar');
  const { matches } = compareScans(image, place);
  assert.ok(matches.length > 10);
  // No package was added or removed, and each finding has the same reasons.
  const written = `sbom:${join(scratch, 'written-0.json')}`;
  const offline = [...place.slice(0, 2), '--offline', '--format', 'json'];
  const difference = JSON.parse(output('diff', image, written, ...offline)) as Record<string, object>;
  for (const changed of [difference['packages'], difference['findings']])
    for (const list of Object.values(changed ?? {})) assert.ok(!Array.isArray(list) || list.length === 0);
  const id = matches[0]?.vulnerability.id ?? '';
  const reasonsOf = (target: string): object =>
    JSON.parse(output('explain', target, id, ...offline)) as { target: unknown };
  assert.deepEqual({ ...reasonsOf(written), target: null }, { ...reasonsOf(image), target: null });
});

corpusTest('clair scan sbom:F reports what clair scan reports of real images', () => {
  const place = ['--db', join(scratch, 'sbom-corpus.db'), '--mirror', corpusMirror()];
  for (const image of ['ubi-7', 'debian-buster'])
    compareScans(corpus(`golden/images/${image}.tar.gz`), place);
});

test('converts an SBOM from standard input and rejects one where an image is required', () => {
  const image = inCheckout('examples/image.tar');
  const file = join(scratch, 'converted.json');
  output('sbom', image, '--db', ':memory:', '--format', 'spdx', '--output', file);
  const piped = clair(
    ['sbom', 'sbom:-', '--db', ':memory:', '--format', 'cyclonedx'],
    {},
    readFileSync(file),
  );
  assert.equal(piped.stdout, output('sbom', image, '--db', ':memory:', '--format', 'cyclonedx'));
  for (const [args, words] of [
    [['layer', file], /is an SBOM, which has no files to show: name the image/],
    [['layer', 'sbom:nowhere'], /is an SBOM/],
    [['scan', 'sbom:nowhere', '--offline'], /nowhere cannot be read/],
    [['scan', `sbom:${scratch}`, '--offline'], /is a directory, not an SBOM/],
    [
      ['scan', file, '--offline', '--platform', 'linux/arm64'],
      /is about an image for linux\/amd64, not for linux\/arm64/,
    ],
  ] as const) {
    const { status, stderr } = clair(args);
    assert.deepEqual([status, words.test(stderr)], [3, true], stderr);
  }
});
