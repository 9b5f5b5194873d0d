import { cvssSeverity } from '../model/cvss.ts';
import type { FixState } from '../model/fix.ts';
import type { Match, Report, ReportVulnerability } from '../model/report.ts';
import type { Severity } from '../model/severity.ts';
import type { CvssVector } from '../model/vulnerability.ts';
import { toCyclonedxAnalysis } from './cyclonedx-analysis.ts';
import { allFindings, type Finding } from './finding.ts';
import { doubtsOf, fixText, isInDoubt, tool, updateAdvice, verdictText } from './report-text.ts';
import { webLinks } from './web-links.ts';

/** Severities of CycloneDX. It has no equivalent of Defcon1, and `info` below low. */
const severityNames: Readonly<Record<Severity, string>> = {
  Defcon1: 'critical',
  Critical: 'critical',
  High: 'high',
  Medium: 'medium',
  Low: 'low',
  Negligible: 'info',
  Unknown: 'unknown',
};

interface Analysis {
  readonly state?: string;
  readonly justification?: string | undefined;
  readonly response?: readonly string[];
  readonly detail?: string;
}

/** `analysis` of CycloneDX for the decisions of vendors. */
const decisions: Readonly<Partial<Record<FixState, Analysis>>> = {
  'not-affected': { state: 'not_affected' },
  'under-investigation': { state: 'in_triage' },
  'will-not-fix': { response: ['will_not_fix'] },
  'end-of-life': { response: ['can_not_fix'] },
};

/**
 * Yields the findings of a report as `vulnerabilities` of CycloneDX. Packages with equal findings share one entry. An incomplete
 * assessment is an entry of its own that affects the image.
 */
export function* cyclonedxVulnerabilities(
  report: Report,
  references: (found: Match['package']) => string | undefined,
  image: string,
): Iterable<object> {
  if (isInDoubt(report)) yield doubtEntry(report, image);
  const groups = Map.groupBy(allFindings(report), ({ vulnerability, fix, reason }) =>
    JSON.stringify([vulnerability, fix, reason]),
  );
  let index = 0;
  for (const [first, ...others] of groups.values()) {
    if (first === undefined) continue;
    yield {
      'bom-ref': `vulnerability-${index++}`,
      ...entryOf(first),
      affects: affectsOf([first, ...others], references),
    };
  }
}

function doubtEntry(report: Report, image: string): object {
  const doubts = doubtsOf(report);
  return {
    'bom-ref': 'not-assessed',
    id: 'NOT-ASSESSED',
    source: { name: tool.name },
    ratings: [{ severity: 'unknown' }],
    description: verdictText(report),
    detail: doubts.length === 0 ? undefined : doubts.join('\n'),
    analysis: { state: 'in_triage' },
    affects: [{ ref: image }],
  };
}

function entryOf(finding: Finding): object {
  const { vulnerability, fix, reason } = finding;
  const { id, aliases, severity, cvss, source, description } = vulnerability;
  return {
    id,
    source: { name: source },
    references:
      aliases.length === 0 ? undefined : aliases.map((alias) => ({ id: alias, source: { name: source } })),
    ratings: [
      { source: { name: source }, severity: severityNames[severity], method: 'other' },
      ...cvss.map(ratingOf),
    ],
    cwes: cwesOf(vulnerability),
    description: description ?? undefined,
    recommendation: fix.state === 'fixed' ? updateAdvice(fix, finding.package) : undefined,
    advisories: pagesOf(vulnerability),
    analysis: analysisOf(finding),
    properties: propertiesOf(vulnerability, [
      ['severity', severity],
      ['fix:state', fix.state],
      ['fix:version', fix.state === 'fixed' ? fix.version : undefined],
      ['suppressed', reason],
    ]),
  };
}

/** Returns the web pages about a vulnerability, without duplicates. */
function pagesOf({ advisories, links }: ReportVulnerability): object[] | undefined {
  const pages = new Map<string, object>();
  for (const { id: title, link } of advisories)
    for (const url of webLinks([link])) if (!pages.has(url)) pages.set(url, { title, url });
  for (const url of webLinks(links)) if (!pages.has(url)) pages.set(url, { url });
  return pages.size === 0 ? undefined : [...pages.values()];
}

/** Returns the CWE numbers of the weaknesses. Skips names without a number, such as `NVD-CWE-noinfo`. */
function cwesOf({ weaknesses = [] }: ReportVulnerability): number[] | undefined {
  const numbers = weaknesses.flatMap((id) => Number(/^CWE-([1-9]\d{0,5})$/.exec(id)?.[1] ?? []) || []);
  return numbers.length === 0 ? undefined : numbers;
}

/** Returns the decision of the vendor or the user. An ignored finding is not `not_affected`, because no one has claimed that. */
function analysisOf(finding: Finding): Analysis | undefined {
  const { fix, reason } = finding;
  const decided = decisions[fix.state];
  if (reason === undefined) return decided && { ...decided, detail: fixText(finding) };
  return { ...(statedBy(finding) ?? decided), detail: `Suppressed: ${reason}` };
}

/** Returns the analysis that a VEX statement makes, a rule of the user with a VEX justification, or the functions of a program. */
function statedBy({ decision, justification: proven }: Finding): Analysis | undefined {
  if (decision?.by === 'vex')
    return toCyclonedxAnalysis(decision.statement.status, decision.statement.justification);
  const justification = decision?.by === 'ignore' ? decision.rule.justification : proven;
  return justification && toCyclonedxAnalysis('not_affected', justification);
}

function ratingOf(vector: CvssVector): object {
  const { score } = vector;
  return {
    source: { name: vector.source },
    score,
    severity: score === undefined ? undefined : severityNames[cvssSeverity(vector)],
    method: methodOf(vector.vector),
    vector: vector.vector,
  };
}

function methodOf(vector: string): string {
  const version = /^CVSS:(\d\.\d)\//.exec(vector)?.[1];
  const methods: Readonly<Record<string, string>> = { '3.0': 'CVSSv3', '3.1': 'CVSSv31', '4.0': 'CVSSv4' };
  return version === undefined ? 'CVSSv2' : (methods[version] ?? 'other');
}

function propertiesOf(
  { kev, epss }: ReportVulnerability,
  others: readonly (readonly [name: string, value: string | undefined])[],
): object[] {
  const known: typeof others = [
    ['kev', kev === null ? undefined : String(kev)],
    ['epss', epss === null ? undefined : String(epss)],
  ];
  return [...others, ...known].flatMap(([name, value]) =>
    value === undefined ? [] : [{ name: `${tool.name}:${name}`, value }],
  );
}

/** States of an analysis that say that the installed version is unaffected. */
const unaffectedStates: ReadonlySet<string | undefined> = new Set(['not_affected', 'resolved']);

/** Returns each package once, with its installed version. Its status agrees with the analysis: readers of VEX need both. */
function affectsOf(
  findings: readonly Finding[],
  references: (found: Match['package']) => string | undefined,
): object[] {
  const affected = new Map(
    findings.map((finding) => [references(finding.package) ?? finding.package.purl, finding]),
  );
  return [...affected].map(([ref, finding]) => {
    const status = unaffectedStates.has(analysisOf(finding)?.state) ? 'unaffected' : 'affected';
    return { ref, versions: [{ version: finding.package.version, status }] };
  });
}
