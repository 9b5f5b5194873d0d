import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { SaxesParser } from 'saxes';
import { builtIn } from '../../extensions.ts';
import type { Digest } from '../../model/digest.ts';
import type { Fix } from '../../model/fix.ts';
import type { Coverage, Report } from '../../model/report.ts';
import {
  cleanReport,
  hostileReport,
  hostileText,
  incompleteReports,
} from '../../testing/incomplete-reports.ts';
import { sampleMatch, samplePackage, sampleReport } from '../../testing/sample-report.ts';
import { htmlFormat } from './html.ts';

const format = htmlFormat(builtIn.schemes);

function render(report: Report): string {
  return [...format.write(report, { colors: false })].join('');
}

interface Tag {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Parses the page as XML after closing void elements. Throws on wrong nesting. */
function tagsOf(report: Report): Tag[] {
  const text = render(report)
    .replace('<!DOCTYPE html>', '')
    .replaceAll(/<(meta|input)\b([^>]*)>/g, (_, name: string, rest: string) => {
      const attributes = rest.replaceAll(/ (checked)$/g, ' $1="$1"');
      return `<${name}${attributes}/>`;
    })
    .replaceAll(/<(div|details)([^>]*) (open|hidden)>/g, '<$1$2 $3="$3">')
    .replace(/<script>[\s\S]*?<\/script>/, '<script></script>');
  const tags: Tag[] = [];
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => tags.push({ name, attributes }));
  parser.write(text).close();
  return tags;
}

const reports = [sampleReport, cleanReport, hostileReport(hostileText), ...Object.values(incompleteReports)];
const known =
  'html head meta title style body header h1 h2 h3 p code dl dt dd div strong section ul ol li span b fieldset legend label input select option button details summary table thead tbody tr th td a footer script';

test('writes well-nested known elements with unique ids', () => {
  const elements = new Set(known.split(' '));
  for (const report of reports) {
    const tags = tagsOf(report);
    for (const { name } of tags) assert.ok(elements.has(name), name);
    const ids = tags.flatMap(({ attributes }) => attributes['id'] ?? []);
    assert.equal(new Set(ids).size, ids.length);
  }
});

function assertHarmless(key: string, value: string): void {
  assert.doesNotMatch(key, /^(on|src|srcset|data$|action|background|poster)/);
  if (key === 'href') assert.match(value, /^https?:\/\//);
  if (key === 'style') assert.match(value, /^flex:\d+$/);
}

test('loads nothing, runs only its own script, and links only to HTTP URLs', () => {
  for (const report of reports) {
    for (const { name, attributes } of tagsOf(report)) {
      for (const attribute of Object.entries(attributes)) assertHarmless(...attribute);
      if (name === 'script') assert.deepEqual(Object.keys(attributes), []);
    }
    assert.doesNotMatch(render(report), /url\(|@import|javascript:(?!1\))/);
  }
});

test('permits only the script of the page, by its hash', () => {
  for (const report of reports) {
    const page = render(report);
    const scripts = [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, text = '']) => text);
    assert.equal(scripts.length, 1);
    const hash = createHash('sha256')
      .update(scripts[0] ?? '')
      .digest('base64');
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1];
    assert.equal(
      policy,
      `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`,
    );
    assert.doesNotMatch(scripts[0] ?? '', /innerHTML|insertAdjacent|eval|document\.write/);
  }
});

test('makes untrusted control characters visible', () => {
  assert.doesNotMatch(render(hostileReport(hostileText)), /[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]|(?!\n)\p{Cc}/u);
});

test('shows every finding with severity, fix and description', () => {
  const page = render(sampleReport);
  for (const { vulnerability, package: found, fix } of sampleReport.matches) {
    assert.ok(page.includes(`>${vulnerability.id}</a>`), vulnerability.id);
    assert.ok(page.includes(found.name), found.name);
    if (fix.state === 'fixed') assert.ok(page.includes(fix.version), fix.version);
  }
  assert.match(page, /12 vulnerabilities of 9 source packages: 12 findings in 9 of 9 installed packages\./);
  assert.match(page, /known to be exploited<\/span>\s+<span class="lead">A crafted lossless WebP picture/);
  assert.match(page, /EPSS 93\.0%/);
});

test('shows one row when packages of one source have the same vulnerability', () => {
  const [first] = sampleReport.matches;
  assert.ok(first);
  const duplicate = { ...first, package: { ...first.package, name: 'webp', purl: 'pkg:deb/debian/webp@1' } };
  const page = render({ ...sampleReport, matches: [first, duplicate] });
  assert.equal(page.split('<tr class="finding').length, 2);
  assert.match(page, /1 vulnerability of 1 source package: 2 findings in 2 of 9 installed packages\./);
});

test('offers only filters that select some but not all rows', () => {
  assert.match(
    render(sampleReport),
    /Everything \(12\).*High or worse \(5\).*With a fix \(7\).*Known to be exploited \(1\)/,
  );
  const fixed = sampleReport.matches.filter(({ fix }) => fix.state === 'fixed').slice(0, 1);
  assert.doesNotMatch(render({ ...sampleReport, matches: fixed }), /<fieldset/);
});

/** Returns a report with these findings and changes of its target. */
function pageOf(matches: Report['matches'], target: Partial<Report['target']> = {}): string {
  return render({ ...sampleReport, matches, target: { ...sampleReport.target, ...target } });
}

const zlib = samplePackage('zlib1g', '1:1.2', 'zlib');
const curl = samplePackage('curl', '7.88');

test('uses name and digest of the image as title when an archive has them', () => {
  const digest = `sha256:${'ab'.repeat(32)}` as Digest;
  const page = pageOf(sampleReport.matches, { reference: 'x.tar', names: ['shop:1.0'], digest });
  assert.match(page, /<title>Vulnerable: shop:1\.0@sha256:abababababab<\/title>/);
  assert.match(page, /<h1>shop:1\.0<\/h1>/);
  assert.ok(page.includes(`<dt>Image ID</dt><dd><code>${digest}</code></dd>`));
  assert.match(page, /<dt>Read from<\/dt><dd>x\.tar<\/dd>/);
});

test('shows the days of the advisories and of their download in the header', () => {
  assert.match(
    render(sampleReport),
    /<dt>Data from<\/dt><dd>2024-09-12<\/dd>.*<dt>Fetched<\/dt><dd>2024-09-13<\/dd>/,
  );
});

test('closes all groups at first', () => {
  assert.doesNotMatch(render(sampleReport), /<details class="group[^>]* open/);
});

test('sorts a group with an exploited finding before a group with a critical one', () => {
  const page = pageOf([
    sampleMatch(zlib, { id: 'CVE-1', severity: 'Critical' }),
    sampleMatch(curl, { id: 'CVE-2', severity: 'Unknown', kev: true }),
  ]);
  assert.ok(page.indexOf('<h3>curl</h3>') < page.indexOf('<h3>zlib</h3>'));
});

test('shortens a long description and keeps the lists of an advisory apart', () => {
  const description = `Security Fix(es):\n\n* nss: ${'long '.repeat(40)}\n\n* nss: second\n\nFor more details see the page.`;
  for (const text of [description, description.replaceAll(/\n+/g, ' ').replace(' For', '\n\nFor')]) {
    const page = pageOf([sampleMatch(zlib, { id: 'CVE-1', severity: 'Low', description: text })]);
    assert.match(page, /<span class="lead">Security Fix\(es\): \* nss: (?:long )+long…<\/span>/);
    assert.match(
      page,
      /<p>Security Fix\(es\):<\/p><ul><li>nss: [long ]+<\/li><li>nss: second<\/li><\/ul><p>For more/,
    );
  }
  const dashes = `[1-2]\n- first ${'long '.repeat(40)}\n- second`;
  const changes = pageOf([sampleMatch(zlib, { id: 'CVE-1', severity: 'Low', description: dashes })]);
  assert.match(changes, /<p>\[1-2\]<\/p><ul><li>first [long ]+<\/li><li>second<\/li><\/ul>/);
  const product = pageOf([
    sampleMatch(zlib, { id: 'CVE-1', severity: 'Low', description: `a * b ${'x '.repeat(90)}` }),
  ]);
  assert.match(product, /<p>a \* b /);
});

test('shows advisory ids, CVSS and the issuer of the rating', () => {
  const page = pageOf([
    sampleMatch(zlib, {
      id: 'CVE-1',
      severity: 'High',
      severitySource: 'nvd',
      advisories: [{ id: 'RHSA-2024:1', link: 'https://access.example/RHSA-2024:1', fixedVersion: null }],
      cvss: [{ source: 'nvd', vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H', score: 8.8 }],
      kev: true,
      exploited: [
        { source: 'cisa', date: '2023-09-13T00:00:00Z' },
        { source: 'euvd', date: '2023-09-14' },
      ],
    }),
  ]);
  assert.match(page, /<a href="https:\/\/access\.example\/RHSA-2024:1"[^>]*>RHSA-2024:1<\/a>/);
  assert.match(page, /CVSS 8\.8.*\n.*<b>CVSS<\/b> 8\.8 by nvd: <code>CVSS:3\.1\/AV:N/s);
  assert.match(page, /High<span class="by">by nvd<\/span>/);
  assert.match(page, /listed by cisa since 2023-09-13/);
  assert.match(page, /listed by euvd since 2023-09-14/);
});

test('lists updates to the version with all fixes, those of exploited findings first', () => {
  const fixed = (version: string): Fix => ({ state: 'fixed', version });
  const page = pageOf([
    sampleMatch(zlib, { id: 'CVE-1', severity: 'Critical' }, fixed('1:1.9')),
    sampleMatch(zlib, { id: 'CVE-2', severity: 'Low' }, fixed('1:1.10')),
    sampleMatch(zlib, { id: 'CVE-3', severity: 'Low' }),
    sampleMatch(curl, { id: 'CVE-4', severity: 'Unknown', kev: true }, fixed('7.89')),
  ]);
  const [first = '', second = ''] = page.match(/<li>Update .*/g) ?? [];
  assert.match(
    first,
    /<b>curl<\/b> from <code>7\.88<\/code> to <code>7\.89<\/code>: fixes 1 vulnerability\. .*1 exploited/,
  );
  assert.match(
    second,
    /<b>zlib<\/b> from <code>1:1\.2<\/code> to <code>1:1\.10<\/code>: fixes 2 of 3 vulnerabilities\./,
  );
});

test('names no version of an update when the versions cannot be ordered', () => {
  const match = sampleMatch(zlib, { id: 'CVE-1', severity: 'Low' }, { state: 'fixed', version: '2' });
  const unordered = {
    ...match,
    evidence: match.evidence.map((each) => ({ ...each, versionScheme: 'acme' })),
  };
  const other = {
    ...unordered,
    fix: { state: 'fixed', version: '3' } as const,
    vulnerability: { ...match.vulnerability, id: 'CVE-2' },
  };
  assert.match(
    pageOf([unordered, other]),
    /Update <b>zlib<\/b>.* to the newest of the versions below: fixes all 2/,
  );
});

test('shows the reason of a suppressed finding', () => {
  assert.match(
    render(sampleReport),
    /CVE-2023-39804<\/a>.*ignored by \.clairignore: no archives from outside are unpacked/,
  );
});

for (const [what, report] of Object.entries(incompleteReports)) {
  test(`does not look clean when the assessment is incomplete: ${what}`, () => {
    const page = render(report);
    assert.match(page, /<title>Not assessed: /);
    assert.match(page, /<div class="verdict not-assessed">/);
    assert.doesNotMatch(page, /<div class="verdict clean">|>Clean</);
  });
}

test('distinguishes unread packages from an unsupported distribution', () => {
  const evidence = { count: 2, paths: ['app/node_modules/a/package.json'] };
  const reason = '2 npm packages are not read';
  const unread: Coverage = {
    namespace: 'npm',
    status: 'unsupported',
    newestAdvisory: null,
    fetchedAt: null,
    reason,
    evidence,
  };
  const row = /<tr>.*>npm<.*/.exec(render({ ...sampleReport, coverage: [unread] }))?.[0];
  assert.match(row ?? '', />not read<.*>2 npm packages are not read</);
  assert.doesNotMatch(row ?? '', /not supported/);
});

test('shows that the assessment is incomplete even when there are findings', () => {
  const page = render({ ...sampleReport, coverage: [] });
  assert.match(page, /<div class="verdict vulnerable">[\s\S]*<div class="verdict not-assessed">/);
});

test('shows the verdict clean when the image is clean', () => {
  assert.match(render(cleanReport), /<title>Clean: [\s\S]*<div class="verdict clean">/);
});

test('writes equal pages when the reports are equal', () => {
  assert.equal(render(structuredClone(sampleReport)), render(sampleReport));
});
