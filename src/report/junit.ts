import { escapeForTerminal } from '../kit/untrusted-text.ts';
import type { Coverage, ExtensionStatus, Match, Report, SuppressedMatch } from '../model/report.ts';
import type { Display, GatedFinding, ReportFormat } from '../plugin/report-format.ts';
import { sortFindings } from './finding.ts';
import { coverageLine, doubtsOf, fixText, isInDoubt, verdictText, xmlText } from './report-text.ts';
import { titleWithDigest } from './title.ts';

/**
 * Findings as failed tests in JUnit XML, which Ant introduced and Jenkins, GitLab and others read. It has no standard. This format uses
 * only elements and attributes that all of them know.
 */
export const junitFormat: ReportFormat = {
  name: 'junit',
  mediaType: 'application/xml',
  isSortable: true,
  *write(report: Report, display: Display): Iterable<string> {
    const suites = [assessmentSuite(report), findingSuite(report, display)];
    const cases = suites.flatMap((suite) => suite.cases);
    yield '<?xml version="1.0" encoding="UTF-8"?>\n';
    yield `<testsuites name="clair" ${counts(cases)}>\n`;
    for (const suite of suites) yield* suiteChunks(suite);
    yield '</testsuites>\n';
  },
};

/** A test case, which passed if it has no `outcome`. */
interface Case {
  readonly name: string;
  readonly className: string;
  readonly outcome?: {
    readonly kind: 'failure' | 'error' | 'skipped';
    readonly message: string;
    readonly type?: string;
    readonly details?: string;
  };
}

interface Suite {
  readonly name: string;
  readonly cases: readonly Case[];
}

/** Returns the completeness of the assessment: a test for the image, each namespace and each extension. Gaps are errors. */
function assessmentSuite(report: Report): Suite {
  const name = `assessment of ${escapeForTerminal(titleWithDigest(report.target))}`;
  const cases = [...report.coverage.map(coverageCase), ...report.statuses.map(statusCase)];
  return { name, cases: [verdictCase(report), ...cases] };
}

function verdictCase(report: Report): Case {
  const shared = { name: 'everything was assessed', className: 'assessment' };
  if (!isInDoubt(report)) return shared;
  const details = doubtsOf(report).join('\n');
  return {
    ...shared,
    outcome: { kind: 'error', message: verdictText(report), type: 'not-assessed', details },
  };
}

function coverageCase(coverage: Coverage): Case {
  const shared = { name: `advisories for ${escapeForTerminal(coverage.namespace)}`, className: 'assessment' };
  if (coverage.status === 'complete' && coverage.reason === null) return shared;
  return { ...shared, outcome: { kind: 'error', message: coverageLine(coverage), type: coverage.status } };
}

function statusCase({ extension, status, files }: ExtensionStatus): Case {
  const shared = { name: `${escapeForTerminal(extension)} read its files`, className: 'assessment' };
  if (status === 'succeeded') return shared;
  const details = files.flatMap(({ path, problem }) =>
    problem === null ? [] : [escapeForTerminal(`${path}: ${problem}`)],
  );
  const message = escapeForTerminal(`${extension}: ${status}`);
  return { ...shared, outcome: { kind: 'error', message, type: status, details: details.join('\n') } };
}

function findingSuite(report: Report, { gated, order }: Display): Suite {
  return {
    name: `vulnerabilities of ${escapeForTerminal(titleWithDigest(report.target))}`,
    cases: [
      ...sortFindings(report.matches, order).map((match) => findingCase(match, gated?.(match))),
      ...sortFindings(report.suppressed, order).map(suppressedCase),
    ],
  };
}

function findingCase(match: Match, gated: GatedFinding = 'reached'): Case {
  const { vulnerability, package: found } = match;
  const { severity, description, links } = vulnerability;
  const details = [description ?? '', ...links, `${found.purl} in ${found.location.path}`];
  const message = `${severity}: ${escapeForTerminal(found.name)} ${escapeForTerminal(found.version)}, ${fixText(match)}${vulnerability.kev === true ? ', known to be exploited' : ''}`;
  if (gated === 'passed')
    return { ...namesOf(match), outcome: { kind: 'skipped', message: `below --fail-on: ${message}` } };
  const shared = { type: severity, details: details.filter(Boolean).join('\n') };
  const outcome =
    gated === 'reached'
      ? ({ kind: 'failure', message, ...shared } as const)
      : ({
          kind: 'error',
          message: `not rated, so --fail-on cannot judge it: ${message}`,
          ...shared,
        } as const);
  return { ...namesOf(match), outcome };
}

function suppressedCase(match: SuppressedMatch): Case {
  return { ...namesOf(match), outcome: { kind: 'skipped', message: escapeForTerminal(match.reason) } };
}

function namesOf({ vulnerability, package: found }: Match): Case {
  return {
    name: `${escapeForTerminal(vulnerability.id)} (${vulnerability.severity})`,
    className: `${escapeForTerminal(found.name)} ${escapeForTerminal(found.version)}`,
  };
}

function* suiteChunks({ name, cases }: Suite): Iterable<string> {
  yield `  <testsuite name="${xmlText(name)}" ${counts(cases)}>\n`;
  for (const each of cases) yield caseChunk(each);
  yield '  </testsuite>\n';
}

/** Returns the counts of a suite. The time is 0, because reports do not depend on the clock. */
function counts(cases: readonly Case[]): string {
  const count = (kind: string): number => cases.filter(({ outcome }) => outcome?.kind === kind).length;
  return `tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}" skipped="${count('skipped')}" time="0"`;
}

function caseChunk({ name, className, outcome }: Case): string {
  const start = `    <testcase name="${xmlText(name)}" classname="${xmlText(className)}" time="0"`;
  if (outcome === undefined) return `${start}/>\n`;
  const { kind, message, type, details } = outcome;
  const attributes = `message="${xmlText(message)}"${type === undefined ? '' : ` type="${xmlText(type)}"`}`;
  const element = details
    ? `<${kind} ${attributes}>${xmlText(details).replaceAll('&#10;', '\n')}</${kind}>`
    : `<${kind} ${attributes}/>`;
  return `${start}>\n      ${element}\n    </testcase>\n`;
}
