import { builtIn } from '../../../src/extensions.ts';
import { applySuppressions } from '../../../src/match/suppress/apply.ts';
import type { Match } from '../../../src/model/report.ts';
import type { IgnoreRule, VexStatement } from '../../../src/model/suppression.ts';
import { readIgnoreFile } from '../../../src/suppression-files/read-ignore-file.ts';
import { readVex } from '../../../src/suppression-files/read-vex.ts';
import { sampleReport } from '../../../src/testing/sample-report.ts';
import { assertExpectedError, InvariantViolation } from '../invariants.ts';
import { textMutations, words } from '../mutation/text.ts';
import { bytesOf, single, type Target } from './target.ts';

const issue = { author: 'Example Ltd', time: '2026-01-02T03:04:05Z' };

const vexWords = words(
  ...[
    '"not_affected"',
    '"fixed"',
    '"known_not_affected":[',
    '"products":[',
    '"@id":"',
    'pkg:deb/debian/libc6',
  ],
  ...[
    'pkg:oci/',
    'sha256:',
    '"timestamp":"9999',
    '"relationships":[',
    'null',
    '[]',
    '{}',
    '-1',
    '\\ud800',
    '%00',
  ],
);

const ruleWords = words(
  ...[
    'ignore:\n',
    '  - id: ',
    'CVE-*',
    'package: ',
    'pkg:*',
    'path: ',
    '**',
    'namespace: ',
    'reason: ',
    'expires: ',
  ],
  ...[
    '2026-02-31',
    '&a',
    '*a',
    '<<: *a',
    '!!binary ',
    'generalwhitelist:\n',
    'general:\n',
    'images:\n',
    '? ',
    '\0',
  ],
);

/** VEX documents: read or refused. No document may make a finding disappear. */
const vexTarget: Target = {
  name: 'vex',
  paths: [''],
  seeds: () =>
    builtIn.vexFormats.map((format) => single(Buffer.from([...format.write(sampleReport, issue)].join('')))),
  mutations: [...textMutations, vexWords, vexWords],
  run(input) {
    try {
      const { statements } = readVex(bytesOf(input), { place: 'an input', wants: () => true });
      applyAll([], statements);
    } catch (error) {
      assertExpectedError(error);
    }
  },
};

/** Rules of users, and whitelists of other tools. */
const rulesTarget: Target = {
  name: 'ignore-file',
  paths: [''],
  seeds: () =>
    [
      'ignore:\n  - id: CVE-2024-2961\n    reason: never called\n    expires: 2027-01-31\n  - package: lib*\n    path: var/**\n    reason: x\n',
      'generalwhitelist:\n  CVE-2024-2961: libc\nimages:\n  alpine:\n    CVE-2024-5535: OpenSSL\n',
      'general:\n  - CVE-2024-2961\nimages:\n  alpine:\n    - CVE-2024-5535\n',
      'CVE-2024-2961 exp:2027-01-31\n# a comment\nCVE-2024-5535\n',
      'vulnerabilities:\n  - id: CVE-2024-2961\n    paths: [app/**]\n    purls: [pkg:deb/debian/libc6]\n    expired_at: 2027-01-31\n',
      'ignore:\n  - vulnerability: CVE-2024-2961\n    fix-state: fixed\n    package: {name: libc6, type: deb, location: /var/**}\n',
    ].map((text) => single(Buffer.from(text))),
  mutations: [...textMutations, ruleWords, ruleWords],
  run(input) {
    try {
      applyAll(readIgnoreFile('an input', Buffer.from(bytesOf(input)).toString('utf8')), []);
    } catch (error) {
      assertExpectedError(error);
    }
  },
};

/** All inputs that suppress findings. */
export const policyTargets: readonly Target[] = [vexTarget, rulesTarget];

function applyAll(rules: readonly IgnoreRule[], statements: readonly VexStatement[]): void {
  const { report } = applySuppressions(
    sampleReport,
    { isKnown: true, schemes: builtIn.schemes },
    { rules, statements },
  );
  const names = (matches: readonly Match[]): string =>
    matches
      .map(({ package: item, vulnerability }) => `${item.purl} ${vulnerability.id}`)
      .sort()
      .join('\n');
  if (
    names([...report.matches, ...report.suppressed]) !==
    names([...sampleReport.matches, ...sampleReport.suppressed])
  )
    throw new InvariantViolation('a finding is missing, or there is an additional one');
  if (report.suppressed.some(({ reason }) => reason === ''))
    throw new InvariantViolation('a suppression has no reason');
}
