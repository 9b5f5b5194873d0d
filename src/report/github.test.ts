import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Report } from '../model/report.ts';
import { cleanReport, hostileReport, hostileText, incompleteReports } from '../testing/incomplete-reports.ts';
import { sampleReport } from '../testing/sample-report.ts';
import { githubFormat } from './github.ts';

interface Annotation {
  readonly level: string;
  readonly title: string;
  readonly message: string;
}

/** Parses `::name key=value,key=value::data` and its escapes as the runner does. */
function annotations(report: Report): Annotation[] {
  const lines = [...githubFormat.write(report, { colors: false })].join('').split('\n');
  assert.equal(lines.pop(), '');
  return lines.map((line) => {
    const [, level = '', title = '', message = ''] = /^::(\w+) title=([^:,]*)::(.*)$/.exec(line) ?? [];
    assert.match(level, /^(error|warning|notice)$/, line);
    return { level, title: unescaped(title), message: unescaped(message) };
  });
}

function unescaped(text: string): string {
  const escapes: Readonly<Record<string, string>> = {
    '%25': '%',
    '%0D': '\r',
    '%0A': '\n',
    '%3A': ':',
    '%2C': ',',
  };
  return text.replaceAll(/%(?:25|0D|0A|3A|2C)/g, (found) => escapes[found] ?? found);
}

test('writes the summary first, then the packages with the worst first', () => {
  const [summary, ...packages] = annotations(sampleReport);
  assert.equal(summary?.level, 'notice');
  assert.equal(summary.title, 'registry.example/shop/web:1.4.2');
  assert.match(
    summary.message,
    /\n12 findings, 7 fixable: .*\nKnown to be exploited: CVE-2023-4863\n1 finding has no severity\n1 suppressed: ignored by .*\nVerdict: vulnerable$/,
  );
  assert.deepEqual(
    packages.slice(0, 4).map(({ level, title }) => [level, title]),
    [
      ['error', 'libwebp7 1.2.4-0.2: CVE-2023-4863 (Critical)'],
      ['error', 'zlib1g 1:1.2.13.dfsg-1: CVE-2023-45853 (Critical)'],
      ['error', 'curl 7.88.1-10+deb12u4: CVE-2024-2398 (High)'],
      ['error', 'libc6 2.36-9+deb12u3: CVE-2023-6246 (High) and 1 more'],
    ],
  );
  assert.equal(packages.length, sampleReport.packages.length);
});

test('writes one line per finding of a package', () => {
  const libc = annotations(sampleReport).find(({ title }) => title.startsWith('libc6'));
  assert.deepEqual(libc?.message.split('\n'), [
    'CVE-2023-6246 (High), fixed in 2.36-9+deb12u4: syslog() overflows a heap buffer when the program name is long.',
    'CVE-2024-2961 (High), fixed in 2.36-9+deb12u6: iconv() writes up to four bytes too many for ISO-2022-CN-EXT.',
  ]);
});

test('escapes untrusted text, so that it cannot begin a command', () => {
  assert.deepEqual(
    annotations(hostileReport(hostileText)).map(({ level }) => level),
    ['error', 'notice', 'error'],
  );
});

for (const [what, report] of Object.entries(incompleteReports)) {
  test(`writes an error when the assessment is incomplete: ${what}`, () => {
    const [first, ...others] = annotations(report);
    assert.equal(first?.level, 'error');
    assert.match(first.message, /^Verdict: (not assessed|no known vulnerability, but)/);
    for (const { message } of others) assert.doesNotMatch(message, /clean/);
  });
}

test('writes one notice when the image is clean', () => {
  const [notice, ...others] = annotations(cleanReport);
  assert.equal(notice?.level, 'notice');
  assert.match(notice.message, /Verdict: clean$/);
  assert.deepEqual(others, []);
});
