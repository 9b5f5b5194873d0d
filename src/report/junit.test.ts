import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SaxesParser } from 'saxes';
import { evaluateGatesForFinding, type Gate } from '../match/gate.ts';
import type { Match, Report } from '../model/report.ts';
import type { Display } from '../plugin/index.ts';
import { cleanReport, hostileReport, hostileText, incompleteReports } from '../testing/incomplete-reports.ts';
import { sampleMatch, samplePackage, sampleReport } from '../testing/sample-report.ts';
import { junitFormat } from './junit.ts';

/** Permitted elements and attributes, by what Ant writes and Jenkins, GitLab and GitHub's readers accept. */
const grammar: Readonly<
  Record<string, { parents: readonly string[]; required: readonly string[]; optional: readonly string[] }>
> = {
  testsuites: {
    parents: [''],
    required: ['name', 'tests', 'failures', 'errors', 'skipped', 'time'],
    optional: [],
  },
  testsuite: {
    parents: ['testsuites'],
    required: ['name', 'tests', 'failures', 'errors', 'skipped', 'time'],
    optional: [],
  },
  testcase: { parents: ['testsuite'], required: ['name', 'classname', 'time'], optional: [] },
  failure: { parents: ['testcase'], required: ['message', 'type'], optional: [] },
  error: { parents: ['testcase'], required: ['message', 'type'], optional: [] },
  skipped: { parents: ['testcase'], required: ['message'], optional: [] },
};

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
}

function render(report: Report): string {
  return [...junitFormat.write(report, { colors: false })].join('');
}

/** Returns the root element. The parser throws if the text is not well-formed. */
function parsed(report: Report): Element {
  const stack: Element[] = [{ name: '', attributes: {}, children: [], text: '' }];
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    const element: Element = { name, attributes, children: [], text: '' };
    stack.at(-1)?.children.push(element);
    stack.push(element);
  });
  parser.on('closetag', () => stack.pop());
  parser.on('text', (text) => {
    const element = stack.at(-1);
    if (element !== undefined) element.text += text;
  });
  parser.write(render(report)).close();
  const root = stack[0]?.children[0];
  assert.ok(root);
  return root;
}

function check(element: Element, parent: string): void {
  const rule = grammar[element.name];
  assert.ok(rule);
  assert.ok(rule.parents.includes(parent), `${element.name} in ${parent}`);
  assert.deepEqual(Object.keys(element.attributes).sort(), [...rule.required, ...rule.optional].sort());
  for (const child of element.children) check(child, element.name);
}

function casesOf(element: Element): Element[] {
  return element.name === 'testcase' ? [element] : element.children.flatMap(casesOf);
}

const reports = [sampleReport, cleanReport, hostileReport(hostileText), ...Object.values(incompleteReports)];

test('writes known elements with correct counts', () => {
  for (const report of reports) {
    const root = parsed(report);
    check(root, '');
    for (const counted of [root, ...root.children]) {
      const cases = casesOf(counted);
      const count = (name: string): string =>
        String(cases.filter(({ children }) => children[0]?.name === name).length);
      assert.equal(counted.attributes['tests'], String(cases.length));
      assert.equal(counted.attributes['failures'], count('failure'));
      assert.equal(counted.attributes['errors'], count('error'));
      assert.equal(counted.attributes['skipped'], count('skipped'));
    }
  }
});

test('writes a finding as a failed test with its details', () => {
  const finding = casesOf(parsed(sampleReport)).find(({ attributes }) =>
    attributes['name']?.startsWith('CVE-2023-4863'),
  );
  assert.equal(finding?.attributes['classname'], 'libwebp7 1.2.4-0.2');
  assert.deepEqual(
    { ...finding.children[0]?.attributes },
    {
      message: 'Critical: libwebp7 1.2.4-0.2, fixed in 1.2.4-0.2+deb12u1, known to be exploited',
      type: 'Critical',
    },
  );
  assert.match(
    finding.children[0]?.text ?? '',
    /^A crafted lossless WebP picture .*\nhttps:\/\/security-tracker/,
  );
});

test('writes a suppressed finding as a skipped test with its reason', () => {
  const skipped = casesOf(parsed(sampleReport)).filter(({ children }) => children[0]?.name === 'skipped');
  assert.deepEqual(
    skipped.map(({ children }) => children[0]?.attributes['message']),
    ['ignored by .clairignore: no archives from outside are unpacked'],
  );
});

for (const [what, report] of Object.entries(incompleteReports)) {
  test(`writes an error when the assessment is incomplete: ${what}`, () => {
    assert.notEqual(parsed(report).attributes['errors'], '0');
  });
}

test('writes passed tests when the image is clean', () => {
  const { attributes } = parsed(cleanReport);
  assert.equal(attributes['tests'], '3');
  assert.equal(attributes['failures'], '0');
  assert.equal(attributes['errors'], '0');
});

test('fails only findings that reach a gate, and writes an error when a finding has no rating', () => {
  const zlib = samplePackage('zlib1g', '1:1.2', 'zlib');
  const matches = [
    sampleMatch(zlib, { id: 'CVE-2024-1', severity: 'High' }),
    sampleMatch(zlib, { id: 'CVE-2024-2', severity: 'Unknown' }),
    sampleMatch(zlib, { id: 'CVE-2024-3', severity: 'Low' }),
  ];
  const outcomes = (display: Partial<Display>): string[] =>
    [
      ...[...junitFormat.write({ ...sampleReport, matches, suppressed: [] }, { colors: false, ...display })]
        .join('')
        .matchAll(/<testcase name="CVE[^"]*\d \((\w+)\)"[^>]*>\s*<(\w+) message="(\w+)/g),
    ].map(([, ...words]) => words.join(' '));
  const high: Gate = { by: 'severity', severity: 'High' };
  const gated = (allowsUnrated: boolean) => (match: Match) =>
    evaluateGatesForFinding(match, [high], { allowsUnrated, isKevStale: false });
  assert.deepEqual(outcomes({ gated: gated(false) }), [
    'High failure High',
    'Unknown error not',
    'Low skipped below',
  ]);
  assert.deepEqual(outcomes({ gated: gated(true) }), [
    'High failure High',
    'Unknown skipped below',
    'Low skipped below',
  ]);
  assert.deepEqual(outcomes({}), ['High failure High', 'Unknown failure Unknown', 'Low failure Low']);
});
