import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Report } from '../model/report.ts';
import { cleanReport, doubtfulReports, hostileReport, hostileWords } from '../testing/doubtful-reports.ts';
import { sampleReport } from '../testing/sample-report.ts';
import { templateFormat } from './template.ts';

function written(template: string, report: Report = sampleReport, name = 'report.txt'): string {
  return [...templateFormat(name, template).write(report, { colors: false })].join('');
}

test('a template names the keys of the report, and loops over its lists', () => {
  const table = `{{target.reference}}
{{#matches}}
{{vulnerability.id}};{{package.name}};{{fixWords}}
{{/matches}}
{{#suppressed}}
{{vulnerability.id}}: {{reason}}
{{/suppressed}}
`;
  const lines = written(table).split('\n');
  assert.equal(lines[0], 'registry.example/shop/web:1.4.2');
  assert.equal(lines[1], 'CVE-2023-4863;libwebp7;fixed in 1.2.4-0.2+deb12u1');
  assert.equal(lines[2], 'CVE-2023-45853;zlib1g;will not be fixed');
  assert.equal(lines[13], 'CVE-2023-39804: ignored by .clairignore: no archives from outside are unpacked');
});

test('findings can be had by severity, the worst first', () => {
  assert.equal(
    written('{{#bySeverity}}{{severity}} {{count}}, {{/bySeverity}}'),
    'Critical 2, High 3, Medium 4, Low 1, Negligible 1, Unknown 1, ',
  );
});

test('values are escaped in templates of HTML, and are one line without controls in all', () => {
  const hostile = hostileReport(hostileWords);
  const template = '{{#matches}}{{package.name}}{{/matches}}';
  const text = written(template, hostile);
  assert.doesNotMatch(text, /[\p{Cc}\p{Cf}\p{Cs}]/u);
  assert.match(text, /<script>alert\(1\)<\/script>/);
  assert.doesNotMatch(written(template, hostile, 'page.html'), /[<>"']/);
});

test('what stands in a report is no template', () => {
  const text = written('{{#matches}}{{package.name}}{{/matches}}', hostileReport(hostileWords));
  assert.ok(text.includes('{{y}}'));
});

for (const [what, report] of Object.entries(doubtfulReports)) {
  test(`${what} is what a template calls not assessed, and not clean`, () => {
    assert.equal(written('{{#isClean}}clean{{/isClean}}', report), '');
    assert.equal(written('{{#isNotAssessed}}unknown{{/isNotAssessed}}', report), 'unknown');
    assert.match(
      written('{{{words.verdict}}}', report),
      /^Verdict: (not assessed|no known vulnerability, but)/,
    );
  });
}

test('a clean report is', () => {
  assert.equal(written('{{#isClean}}clean{{/isClean}}', cleanReport), 'clean');
});

test('a template that is none is refused before anything is scanned', () => {
  assert.throws(() => templateFormat('x', '{{#matches}}'), /Unclosed section "matches"/);
});
