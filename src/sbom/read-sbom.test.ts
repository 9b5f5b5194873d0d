import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ClairError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { builtIn } from '../extensions.ts';
import type { Digest } from '../model/digest.ts';
import type { Package } from '../model/package.ts';
import type { Inventory, Report } from '../model/report.ts';
import { hostileReport, hostileText, incompleteReports } from '../testing/incomplete-reports.ts';
import { samplePackage, sampleReport } from '../testing/sample-report.ts';
import { cyclonedxInventory } from '../testing/third-party-inventory.ts';
import { readSbom } from './read-sbom.ts';
import { looksLikeSbom } from './sbom-json.ts';

const formats = [
  ...builtIn.formats.filter(({ name }) => /^(?:json|cyclonedx|spdx)$/.test(name)),
  ...builtIn.sbomFormats,
];

function documentsOf(report: Report): Buffer[] {
  return formats.map((format) => Buffer.from([...format.write(report, { colors: false })].join('')));
}

function inventoryIn({ target, distro, layers, packages, statuses }: Report): Inventory {
  return { subject: target, distro, layers, packages, statuses };
}

/** A package with every optional member. */
const whole: Package = {
  ...samplePackage('nodejs', '1:18.14.2-2', 'node'),
  modularity: 'nodejs:18:8070020230306170042:bd1311ed',
  vendor: 'Red Hat, Inc. <"\'>',
  licence: 'MIT or GPL',
  repositories: ['b', 'a'],
  owner: 'nodejs-full',
};

const digest = `sha256:${'a1'.repeat(32)}` as Digest;

/** Hostile text without the characters that no database can store. */
const storable = hostileText.replace('\0', '').toWellFormed();

const reports: Readonly<Record<string, Report>> = {
  sample: sampleReport,
  ...incompleteReports,
  'hostile words': hostileReport(storable),
  'an archive with a name': {
    ...sampleReport,
    target: { ...sampleReport.target, reference: 'shop.tar', names: ['registry.example/shop:1'], digest },
  },
  'everything known': {
    ...sampleReport,
    target: {
      ...sampleReport.target,
      manifest: digest,
      digest,
      names: ['registry.example/shop/web:1.4.2', 'web:1'],
      repoDigests: [`registry.example/shop/web@${digest}`],
    },
    distro: {
      id: 'suse',
      versionId: '12 (x)',
      versionCodename: '',
      like: ['b', 'a'],
      supportEnd: '2030-01-01',
    },
    layers: [
      { digest: null, diffId: null, sizeBytes: 0, createdBy: '', verified: false },
      ...sampleReport.layers,
    ],
    packages: [
      whole,
      { ...whole, licence: '', vendor: '', arch: '' },
      // Names that differ only by characters that URLs normalise, places, and a package of an unknown type.
      { ...whole, name: 'NodeJS' },
      { ...whole, location: { path: 'elsewhere', layer: null } },
      {
        type: 'acme',
        name: 'a b',
        version: '',
        purl: 'pkg:acme/a%20b',
        location: whole.location,
        foundBy: 'acme',
      },
    ],
  },
  'as long as any': hostileReport('long '.repeat(100)),
};

for (const [name, report] of Object.entries(reports)) {
  test(`reads back what clair wrote: ${name}`, () => {
    for (const [i, bytes] of documentsOf(report).entries())
      assert.deepEqual(readSbom(bytes, 'F'), inventoryIn(report), formats[i]?.mediaType);
  });
}

test('leaves findings and version comparison out of an inventory', () => {
  const [first, ...others] = documentsOf(sampleReport).map((bytes) => readSbom(bytes, 'F'));
  for (const other of others) assert.deepEqual(other, first);
});

test('names the image as the subject when the report is of an SBOM of an SBOM', () => {
  const subject = { reference: 'shop:1', kind: 'docker-archive' };
  const report: Report = {
    ...sampleReport,
    target: { ...sampleReport.target, reference: 'sbom:F', kind: 'sbom', subject },
  };
  for (const bytes of documentsOf(report)) {
    const { reference, kind, platform } = readSbom(bytes, 'F').subject;
    assert.deepEqual([reference, kind, platform], ['shop:1', 'docker-archive', 'linux/amd64']);
  }
});

function refusal(content: string | Uint8Array): string {
  const bytes = Buffer.from(content as string);
  try {
    readSbom(bytes, 'F');
  } catch (error) {
    assert.ok(error instanceof ClairError, String(error));
    return `${error.code}: ${error.message}`;
  }
  return 'none';
}

test('names an unsupported format and how to convert it', () => {
  const cases: readonly (readonly [content: string | Buffer, words: RegExp])[] = [
    [
      '<?xml version="1.0"?>\n<bom xmlns="http://cyclonedx.org/schema/bom/1.5">',
      /unsupported: F is CycloneDX as XML.*cyclonedx convert/,
    ],
    [
      'SPDXVersion: SPDX-2.3\nDataLicense: CC0-1.0\n',
      /unsupported: F is SPDX as tags and values.*pyspdxtools/,
    ],
    ['---\nSPDXID: "SPDXRef-DOCUMENT"\nspdxVersion: "SPDX-2.3"\n', /unsupported: F is SPDX as YAML/],
    ['<rdf:RDF xmlns:spdx="http://spdx.org/rdf/terms#">', /unsupported: F is SPDX as RDF/],
    [
      '{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[]}',
      /unsupported: F is SPDX 3,/,
    ],
    [
      '{"spdxVersion":"SPDX-3.0","packages":[]}',
      /unsupported: F is SPDX-3.0; supported versions are SPDX-2.2 and SPDX-2.3/,
    ],
    [
      '{"bomFormat":"CycloneDX","specVersion":"2.0"}',
      /unsupported: F is CycloneDX 2.0; supported versions are 1.2 to 1.7/,
    ],
    ['{"artifacts":[],"descriptor":{"name":"syft"}}', /unsupported: F is the JSON of syft.*syft convert/],
    ['{"SchemaVersion":2,"ArtifactName":"x"}', /unsupported: F is the JSON of trivy.*trivy convert/],
    [
      '{"payloadType":"application/vnd.in-toto+json","payload":"e30="}',
      /unsupported: F is a signed envelope/,
    ],
    [Buffer.from('\ufeff{"bomFormat":"CycloneDX"}', 'utf16le'), /unsupported: F is UTF-16.*iconv/],
    ['{"name":"x","version":"1"}', /unsupported: F is not a supported SBOM/],
    ['[]', /corrupt: F is not an SBOM: it is not a JSON object/],
    ['', /corrupt: F is not an SBOM: it is not JSON/],
    [
      '{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"na',
      /corrupt: F is not an SBOM: it is not JSON/,
    ],
    [Buffer.from('{"bomFormat":"\xff"}', 'latin1'), /corrupt: F is not an SBOM: it is not UTF-8/],
    ['{"bomFormat":"CycloneDX","specVersion":1.6}', /corrupt: F is malformed at specVersion/],
    [
      '{"bomFormat":"CycloneDX","specVersion":"1.6","components":{}}',
      /corrupt: F is malformed at components/,
    ],
    ['{"spdxVersion":"SPDX-2.3","packages":7}', /corrupt: F is malformed at packages/],
    [`{"bomFormat":"CycloneDX","x":${'['.repeat(1e6)}`, /corrupt: F is not an SBOM: it .*nest/],
    ['{"schemaVersion":1,"target":{},"packages":[]}', /corrupt: F is malformed at target.reference/],
    [
      `{"spdxVersion":"SPDX-2.3","documentDescribes":[${'7,'.repeat(300_000)}7]}`,
      /corrupt: F is malformed: /,
    ],
  ];
  for (const [content, words] of cases) assert.match(refusal(content), words);
});

test('escapes terminal control characters in error messages', () => {
  assert.doesNotMatch(refusal('{"a":"\x1b[2J'), /\p{Cc}/u);
});

test('refuses a document that lists more than the limit', () => {
  const many = (count: number, item: string): string => Array.from({ length: count }, () => item).join();
  const refused = /limit-exceeded: F has more than/;
  const bom = (components: string): string =>
    `{"bomFormat":"CycloneDX","specVersion":"1.6","components":[${components}]}`;
  assert.match(refusal(bom(many(1_000_000, '{}'))), refused);
  assert.match(refusal(`{"spdxVersion":"SPDX-2.3","packages":[${many(1_000_000, '{}')}]}`), refused);
  const packages = Array.from({ length: limits.imagePackages + 1 }, (_, i) => `{"purl":"pkg:npm/a@${i}"}`);
  assert.match(refusal(bom(packages.join())), refused);
  const nested = `${'{"components":['.repeat(45)}${']}'.repeat(45)}`;
  assert.equal(refusal(bom(nested)), 'none');
});

test('reports one malformed component when a hundred thousand of its members are wrong', () => {
  const bom = `{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"properties":[${'7,'.repeat(300_000)}7]}]}`;
  assert.deepEqual(readSbom(Buffer.from(bom), 'F').statuses.at(-1)?.files, [
    { path: 'components[0]', layer: null, problem: 'is malformed' },
  ]);
});

test('ignores a byte order mark, white space and unknown members', () => {
  const [bytes = Buffer.alloc(0)] = documentsOf(sampleReport);
  const marked = Buffer.concat([Buffer.from('\ufeff \n'), bytes, Buffer.from('\n')]);
  assert.deepEqual(readSbom(marked, 'F'), inventoryIn(sampleReport));
  for (const version of ['1.2', '1.3', '1.4', '1.5', '1.6', '1.7'])
    assert.equal(
      refusal(
        `{"bomFormat":"CycloneDX","specVersion":"${version}","metadata":null,"components":null,"x":[]}`,
      ),
      'none',
    );
});

test('distinguishes the start of an SBOM from an archive', () => {
  for (const text of [
    '{',
    '\ufeff\n{"a":1}',
    'SPDXVersion: SPDX-2.3',
    '<bom xmlns="http://cyclonedx.org/schema/bom/1.4">',
  ])
    assert.ok(looksLikeSbom(Buffer.from(text)), text);
  const tar = Buffer.alloc(512);
  tar.write('{name');
  for (const other of [tar, Buffer.from('\x1f\x8b\x08{'), Buffer.from('#!/bin/sh'), Buffer.alloc(0)])
    assert.ok(!looksLikeSbom(other));
});

test('refuses or reports text that no database can store', () => {
  for (const words of ['a\0b', 'a\ud800b', 'long '.repeat(110)])
    for (const [i, bytes] of documentsOf(hostileReport(words)).entries()) {
      const refused = refusal(bytes);
      if (formats[i]?.name === 'json')
        assert.match(refused, /corrupt: F is malformed at (?:distro|packages)/);
      else assert.notEqual(readSbom(bytes, 'F').statuses.at(-1)?.status, 'succeeded');
    }
});

/** Reads the sample report as a document in which `from` was replaced by `to`. */
function readDamaged(format: 'cyclonedx' | 'spdx', from: string, to: string): Inventory {
  const written = builtIn.sbomFormats.find(({ name }) => name === format);
  const text = [...(written?.write(sampleReport, { colors: false }) ?? [])].join('');
  const damaged = text.replace(from, to);
  assert.notEqual(damaged, text);
  return readSbom(Buffer.from(damaged), 'F');
}

test('reports damaged clair data of a package, and reads the package from its purl', () => {
  const names = ({ packages }: Pick<Inventory, 'packages'>): string[] =>
    packages.map(({ name, version }) => `${name} ${version}`).sort();
  for (const format of ['cyclonedx', 'spdx'] as const) {
    const inventory = readDamaged(format, 'foundBy', 'foundby');
    assert.deepEqual(names(inventory), names(sampleReport));
    const actual = inventory.statuses.find(({ extension }) => extension === 'sbom');
    assert.equal(actual?.status, 'partly-failed');
    assert.deepEqual(
      actual.files.map(({ problem }) => problem),
      ['has damaged clair data'],
    );
  }
});

test('reports damaged clair data of the image, and that its coverage is unknown', () => {
  for (const inventory of [
    readDamaged('cyclonedx', '\\"succeeded\\"', '\\"unheard\\"'),
    readDamaged('spdx', '\\"succeeded\\"', '\\"unheard\\"'),
    readDamaged('spdx', '"{\\"target', '"\\"target'),
  ])
    assert.deepEqual(
      inventory.statuses.map(({ extension, status }) => [extension, status]),
      [['sbom', 'partly-failed']],
    );
});

/** Values of the wrong types at every place, in otherwise valid documents. */
const anything = fc.jsonValue({ maxDepth: 3 });
const component = fc.record(
  {
    type: fc.oneof(fc.constantFrom('library', 'file', 'operating-system'), anything),
    name: fc.oneof(fc.string(), anything),
    version: fc.oneof(fc.string(), anything),
    purl: fc.oneof(
      fc.webUrl().map((url) => url.replace(/^https?/, 'pkg')),
      fc.constant('pkg:deb/debian/a@1?distro=debian-12'),
      anything,
    ),
    properties: fc.oneof(
      fc.array(
        fc.record({
          name: fc.constantFrom('clair:package:type', 'syft:distro:id', 'clair:like'),
          value: fc.oneof(fc.string(), anything),
        }),
      ),
      anything,
    ),
    components: fc.array(anything),
  },
  { requiredKeys: [] },
);

test('reads or refuses any JSON, and reports everything it skips', () => {
  const documents = fc.oneof(
    anything,
    fc.record({
      bomFormat: fc.constant('CycloneDX'),
      specVersion: fc.constant('1.6'),
      metadata: fc.oneof(anything, fc.record({ component })),
      components: fc.array(component),
    }),
    fc.record({
      spdxVersion: fc.constant('SPDX-2.3'),
      name: anything,
      packages: fc.array(fc.oneof(component, anything)),
      relationships: anything,
    }),
  );
  fc.assert(
    fc.property(documents, (document) => {
      const text = JSON.stringify(document);
      if (refusal(text) !== 'none') return;
      const { packages, statuses } = readSbom(Buffer.from(text), 'F');
      assert.ok(packages.length > 0 || statuses.some(({ status }) => status !== 'succeeded'));
    }),
  );
});

test('reads the same packages after clair rewrote a document of another tool', () => {
  const actual = cyclonedxInventory([
    { 'bom-ref': 'a', purl: 'pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12&upstream=glibc' },
    { 'bom-ref': 'b', purl: 'pkg:npm/%40acme/web@1.0.0' },
    { 'bom-ref': 'c', type: 'library', name: 'unknown' },
  ]);
  const { subject, distro, layers, packages, statuses } = actual;
  const { reference, kind, manifest, platform } = subject;
  const target = {
    reference: 'sbom:F',
    kind: 'sbom',
    manifest,
    platform,
    subject: { reference, kind },
  } as const;
  for (const bytes of documentsOf({ ...sampleReport, target, distro, layers, packages, statuses }))
    assert.deepEqual(readSbom(bytes, 'F'), actual);
});
