import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtIn } from '../extensions.ts';
import type { Digest } from '../model/digest.ts';
import type { Report } from '../model/report.ts';
import type { FindingOrder, ReportFormat } from '../plugin/report-format.ts';
import { reportValidators } from '../testing/report-validators.ts';
import { sampleMatch, samplePackage, sampleReport } from '../testing/sample-report.ts';
import { templateFormat } from './template.ts';

const digest = `sha256:${'ab'.repeat(32)}` as Digest;
const zlib = samplePackage('zlib1g', '1:1.2', 'zlib');

/** A report of a named archive with an exploited finding without a rating. */
const report: Report = {
  ...sampleReport,
  target: {
    reference: '../app/shop.tar',
    kind: 'docker-archive',
    manifest: null,
    platform: 'linux/amd64',
    names: ['registry.example/team/shop:1.0'],
    digest,
  },
  packages: [zlib],
  matches: [
    sampleMatch(zlib, { id: 'CVE-2024-1111', severity: 'Critical' }),
    sampleMatch(zlib, { id: 'CVE-2024-2222', severity: 'Unknown', kev: true }),
    sampleMatch(zlib, { id: 'CVE-2024-3333', severity: 'Critical' }, { state: 'fixed', version: '1:1.3' }),
  ],
  suppressed: [],
};

const template = templateFormat('t.txt', '{{title}}\n{{#matches}}{{vulnerability.id}}\n{{/matches}}');
const formats: readonly ReportFormat[] = [...builtIn.formats, template];
const rendered = new Map(formats.map((format) => [format.name, written(format)]));

function written(format: ReportFormat, order?: FindingOrder): string {
  return [...format.write(report, { colors: false, ...(order && { order }) })].join('');
}

function textOf(format: string): string {
  const text = rendered.get(format);
  assert.ok(text !== undefined, format);
  return text;
}

function parsed(format: string): unknown {
  return JSON.parse(textOf(format));
}

/** Clair and Quay know an image by its digest alone. */
const withoutNames: ReadonlySet<string> = new Set(['clair-v4', 'quay']);

for (const format of [...rendered.keys()].filter((name) => !withoutNames.has(name))) {
  test(`${format} names the image by its name when an archive has one`, () => {
    assert.ok(textOf(format).replaceAll('%3A', ':').includes('registry.example/team/shop:1.0'));
  });
}

/** Documents for programs, which list vulnerabilities by id or by package. */
const withoutRisk: ReadonlySet<string> = new Set(['json', 'cyclonedx', 'spdx', 'clair-v4', 'quay']);

for (const format of [...rendered.keys()].filter((name) => !withoutRisk.has(name))) {
  test(`${format} lists what is exploited before what is critical, and fixable before unfixed`, () => {
    const findings =
      format === 'html' ? textOf(format).replace(/^[\s\S]*<h2 id="vulnerabilities">/, '') : textOf(format);
    const results = format === 'sarif' ? findings.slice(findings.indexOf('"results"')) : findings;
    const positions = ['CVE-2024-2222', 'CVE-2024-3333', 'CVE-2024-1111'].map((id) =>
      format === 'table' ? results.indexOf(`${id} `) : results.indexOf(id),
    );
    assert.ok(!positions.includes(-1));
    assert.deepEqual(
      positions,
      positions.toSorted((a, b) => a - b),
    );
  });
}

for (const format of formats) {
  const does = format.isSortable ? 'sorts' : 'does not sort';
  test(`${format.name} ${does} its findings by the order of the user`, () => {
    const texts = (['vulnerability', 'risk'] as const).map((order) => written(format, order));
    assert.equal(texts[0] !== texts[1], format.isSortable === true);
  });
}

test('json keeps its canonical order and has names and digest of the image', () => {
  const { target, matches } = parsed('json') as Report;
  assert.deepEqual(target, report.target);
  assert.deepEqual(
    matches.map(({ vulnerability }) => vulnerability.id),
    report.matches.map(({ vulnerability }) => vulnerability.id),
  );
});

for (const [format, problems] of Object.entries(reportValidators)) {
  test(`${format} is valid by its schema when the image has a name and an image ID`, () => {
    assert.deepEqual(problems(parsed(format)), []);
  });
}

const purl = `pkg:docker/team/shop@${digest}?repository_url=registry.example`;

test('cyclonedx and spdx have name, version and package URL of the image', () => {
  const { metadata } = parsed('cyclonedx') as { metadata: { component: Record<string, unknown> } };
  const { name, version, purl: url } = metadata.component;
  assert.deepEqual([name, version, url], ['registry.example/team/shop:1.0', digest, purl]);
  const { packages } = parsed('spdx') as { packages: { externalRefs?: { referenceLocator: string }[] }[] };
  assert.equal(packages[0]?.externalRefs?.[0]?.referenceLocator, purl);
});

test('sarif makes an error of what is exploited, whatever its severity', () => {
  const { runs } = parsed('sarif') as {
    runs: { results: { ruleId: string; level: string }[]; tool: { driver: { rules: Rule[] } } }[];
  };
  const result = runs[0]?.results.find(({ ruleId }) => ruleId === 'CVE-2024-2222');
  assert.equal(result?.level, 'error');
  const rule = runs[0]?.tool.driver.rules.find(({ id }) => id === 'CVE-2024-2222');
  assert.equal(rule?.defaultConfiguration.level, 'error');
  assert.ok(rule.properties.tags.includes('known-exploited'));
});

interface Rule {
  readonly id: string;
  readonly defaultConfiguration: { readonly level: string };
  readonly properties: { readonly tags: readonly string[] };
}
