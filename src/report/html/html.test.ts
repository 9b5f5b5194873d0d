import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SaxesParser } from 'saxes';
import type { Report } from '../../model/report.ts';
import { cleanReport, doubtfulReports, hostileReport, hostileWords } from '../../testing/doubtful-reports.ts';
import { sampleReport } from '../../testing/sample-report.ts';
import { htmlFormat } from './html.ts';

function written(report: Report): string {
  return [...htmlFormat.write(report, { colors: false })].join('');
}

interface Tag {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** The page read as XML, once the elements that HTML never closes are closed: what is nested wrongly is found. */
function tagsOf(report: Report): Tag[] {
  const text = written(report)
    .replace('<!DOCTYPE html>', '')
    .replaceAll(/<(meta|input)\b([^>]*)>/g, (_, name: string, rest: string) => {
      const attributes = rest.replaceAll(/ checked$/g, ' checked="checked"');
      return `<${name}${attributes}/>`;
    })
    .replaceAll(/<details([^>]*) open>/g, '<details$1 open="open">');
  const tags: Tag[] = [];
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => tags.push({ name, attributes }));
  parser.write(text).close();
  return tags;
}

const reports = [sampleReport, cleanReport, hostileReport(hostileWords), ...Object.values(doubtfulReports)];
const known =
  'html head meta title style body header h1 h2 p code div strong ul li span b fieldset legend label input details summary table thead tbody tr th td a footer';

test('the page is well nested, of known elements, with identifiers that are unique', () => {
  const elements = new Set(known.split(' '));
  for (const report of reports) {
    const tags = tagsOf(report);
    for (const { name } of tags) assert.ok(elements.has(name), name);
    const ids = tags.flatMap(({ attributes }) => attributes['id'] ?? []);
    assert.equal(new Set(ids).size, ids.length);
  }
});

test('the page asks for nothing, runs nothing, and leads only to the web', () => {
  for (const report of reports) {
    for (const { name, attributes } of tagsOf(report)) {
      for (const [key, value] of Object.entries(attributes)) {
        assert.doesNotMatch(key, /^(on|src|srcset|data|action|background|poster)/);
        if (key === 'href') assert.match(value, /^https?:\/\//);
        if (key === 'style') assert.match(value, /^flex:\d+$/);
      }
      assert.notEqual(name, 'script');
    }
    assert.doesNotMatch(written(report), /url\(|@import|javascript:(?!1\))/);
  }
  assert.match(written(sampleReport), /content="default-src 'none'; style-src 'unsafe-inline'"/);
});

test('controls from outside become visible', () => {
  assert.doesNotMatch(written(hostileReport(hostileWords)), /[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]|(?!\n)\p{Cc}/u);
});

test('every finding is there with severity, fix and words', () => {
  const page = written(sampleReport);
  for (const { vulnerability, package: found, fix } of sampleReport.matches) {
    assert.ok(page.includes(`>${vulnerability.id}</a>`), vulnerability.id);
    assert.ok(page.includes(found.name), found.name);
    if (fix.state === 'fixed') assert.ok(page.includes(fix.version), fix.version);
  }
  assert.match(page, /12 vulnerabilities of 9 source packages: 12 findings in 9 of 9 installed packages\./);
  assert.match(page, /known to be exploited<\/span>\s+A crafted lossless WebP picture/);
  assert.match(page, /EPSS 93\.0 %/);
});

test('packages of one source that have the same vulnerability are one row', () => {
  const [first] = sampleReport.matches;
  assert.ok(first);
  const twin = { ...first, package: { ...first.package, name: 'webp', purl: 'pkg:deb/debian/webp@1' } };
  const page = written({ ...sampleReport, matches: [first, twin] });
  assert.equal(page.split('<tr class="finding').length, 2);
  assert.match(page, /1 vulnerability of 1 source package: 2 findings in 2 of 9 installed packages\./);
});

test('no choice leads to an empty page, or changes nothing', () => {
  assert.match(
    written(sampleReport),
    /Everything \(12\).*High or worse \(5\).*With a fix \(7\).*Known to be exploited \(1\)/,
  );
  const fixed = sampleReport.matches.filter(({ fix }) => fix.state === 'fixed').slice(0, 1);
  assert.doesNotMatch(written({ ...sampleReport, matches: fixed }), /<fieldset/);
});

test('what is suppressed says why', () => {
  assert.match(
    written(sampleReport),
    /CVE-2023-39804<\/a>.*ignored by \.clairignore: no archives from outside are unpacked/,
  );
});

for (const [what, report] of Object.entries(doubtfulReports)) {
  test(`${what} never looks clean`, () => {
    const page = written(report);
    assert.match(page, /<title>Not assessed: /);
    assert.match(page, /<div class="verdict not-assessed">/);
    assert.doesNotMatch(page, /<div class="verdict clean">|>Clean</);
  });
}

test('findings do not hide that not everything is known', () => {
  const page = written({ ...sampleReport, coverage: [] });
  assert.match(page, /<div class="verdict vulnerable">[\s\S]*<div class="verdict not-assessed">/);
});

test('a clean image says so', () => {
  assert.match(written(cleanReport), /<title>Clean: [\s\S]*<div class="verdict clean">/);
});

test('the same report gives the same page', () => {
  assert.equal(written(structuredClone(sampleReport)), written(sampleReport));
});
