import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Report } from '../model/report.ts';
import { cleanReport, hostileReport, hostileText, incompleteReports } from '../testing/incomplete-reports.ts';
import { sampleReport } from '../testing/sample-report.ts';
import { templateFormat } from './template.ts';

function render(template: string, report: Report = sampleReport, name = 'report.txt'): string {
  return [...templateFormat(name, template).write(report, { colors: false })].join('');
}

test('renders the keys of the report and loops over its lists', () => {
  const table = `{{target.reference}}
{{#matches}}
{{vulnerability.id}};{{package.name}};{{fixWords}}
{{/matches}}
{{#suppressed}}
{{vulnerability.id}}: {{reason}}
{{/suppressed}}
`;
  const lines = render(table).split('\n');
  assert.equal(lines[0], 'registry.example/shop/web:1.4.2');
  assert.equal(lines[1], 'CVE-2023-4863;libwebp7;fixed in 1.2.4-0.2+deb12u1');
  assert.equal(lines[2], 'CVE-2023-45853;zlib1g;will not be fixed');
  assert.equal(lines[13], 'CVE-2023-39804: ignored by .clairignore: no archives from outside are unpacked');
});

test('provides findings by severity, the worst first', () => {
  assert.equal(
    render('{{#bySeverity}}{{severity}} {{count}}, {{/bySeverity}}'),
    'Critical 2, High 3, Medium 4, Low 1, Negligible 1, Unknown 1, ',
  );
});

test('escapes markup in templates of HTML, and writes values on one line without control characters', () => {
  const hostile = hostileReport(hostileText);
  const template = '{{#matches}}{{package.name}}{{/matches}}';
  const text = render(template, hostile);
  assert.doesNotMatch(text, /[\p{Cc}\p{Cf}\p{Cs}]/u);
  assert.match(text, /<script>alert\(1\)<\/script>/);
  assert.doesNotMatch(render(template, hostile, 'page.html'), /[<>"']/);
});

test('does not evaluate template syntax in a report', () => {
  const text = render('{{#matches}}{{package.name}}{{/matches}}', hostileReport(hostileText));
  assert.ok(text.includes('{{y}}'));
});

for (const [what, report] of Object.entries(incompleteReports)) {
  test(`sets isNotAssessed when the assessment is incomplete: ${what}`, () => {
    assert.equal(render('{{#isClean}}clean{{/isClean}}', report), '');
    assert.equal(render('{{#isNotAssessed}}unknown{{/isNotAssessed}}', report), 'unknown');
    assert.match(
      render('{{{words.verdict}}}', report),
      /^Verdict: (not assessed|no known vulnerability, but)/,
    );
  });
}

test('sets isClean when the report is clean', () => {
  assert.equal(render('{{#isClean}}clean{{/isClean}}', cleanReport), 'clean');
});

test('refuses an invalid template before the scan', () => {
  assert.throws(() => templateFormat('x', '{{#matches}}'), /Unclosed section "matches"/);
});
