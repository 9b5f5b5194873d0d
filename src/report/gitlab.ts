import { escapeForTerminal } from '../kit/untrusted-text.ts';
import type { Match, Report } from '../model/report.ts';
import type { Severity } from '../model/severity.ts';
import type { ReportFormat } from '../plugin/report-format.ts';
import { worstFirst } from './finding.ts';
import { reportTime, uuidOf } from './identity.ts';
import { jsonChunks } from './json-chunks.ts';
import { doubtsOf, fixText, isInDoubt, suppressedLines, tool, verdictText } from './report-text.ts';
import { imageTitleOf } from './title.ts';
import { referenceUrls, webLinks } from './web-links.ts';

/** Version of GitLab's security report schemas that reports follow. */
const schemaVersion = '15.0.7';

/** Findings as GitLab's container scanning report. */
export const gitlabFormat: ReportFormat = {
  name: 'gitlab',
  mediaType: 'application/json',
  write(report: Report): Iterable<string> {
    return jsonChunks({
      version: schemaVersion,
      schema: `https://gitlab.com/gitlab-org/security-products/security-report-schemas/-/raw/v${schemaVersion}/dist/container-scanning-report-format.json`,
      scan: scanOf(report),
      vulnerabilities: vulnerabilities(report),
      remediations: [],
    });
  },
};

/** GitLab's severities. */
const severityNames: Readonly<Record<Severity, string>> = {
  Defcon1: 'Critical',
  Critical: 'Critical',
  High: 'High',
  Medium: 'Medium',
  Low: 'Low',
  Negligible: 'Info',
  Unknown: 'Unknown',
};

/** Maximum lengths of the schema, in characters. */
const nameMax = 255;
const solutionMax = 7000;
const descriptionMax = 1024 * 1024;

function scanOf(report: Report): object {
  const doubts = doubtsOf(report);
  const time = reportTime(report).replace('Z', '');
  const clair = { id: tool.name, name: 'Clair', version: tool.version, vendor: { name: 'Clair' } };
  return {
    type: 'container_scanning',
    status: report.verdict === 'not-assessed' ? 'failure' : 'success',
    start_time: time,
    end_time: time,
    analyzer: clair,
    scanner: clair,
    messages: [
      ...doubts.map((value) => ({ level: report.verdict === 'not-assessed' ? 'fatal' : 'warn', value })),
      ...suppressedLines(report).map((value) => ({ level: 'info', value })),
    ],
  };
}

/** Yields the findings without the suppressed ones, which GitLab would count. A message of the scan summarizes those. */
function* vulnerabilities(report: Report): Iterable<object> {
  if (isInDoubt(report)) yield doubtEntry(report);
  for (const match of worstFirst(report.matches)) yield entryOf(match, report);
}

function doubtEntry(report: Report): object {
  const id = 'not-assessed';
  return {
    id: uuidOf(report.target.reference, id),
    name: 'The image could not be assessed in full',
    description: [verdictText(report), ...doubtsOf(report)].join('\n'),
    severity: 'Unknown',
    identifiers: [{ type: tool.name, name: id, value: id }],
    location: locationOf(report, 'image', '-'),
  };
}

function entryOf(match: Match, report: Report): object {
  const { vulnerability, package: found } = match;
  const { id, severity, description } = vulnerability;
  const plain = escapeForTerminal(id);
  const name = `${plain} in ${escapeForTerminal(found.name)}`;
  const pages = referenceUrls(vulnerability);
  return {
    id: uuidOf(report.target.reference, id, found.purl, found.location.path),
    name: name.slice(0, nameMax),
    description: (description ?? '').slice(0, descriptionMax) || `${name}: the source has no description.`,
    severity: severityNames[severity],
    solution: `${escapeForTerminal(found.name)} ${escapeForTerminal(found.version)}: ${fixText(match)}`.slice(
      0,
      solutionMax,
    ),
    identifiers: identifiersOf(match, pages),
    links: pages.map((url) => ({ url })),
    location: locationOf(report, found.name, found.version),
  };
}

/** Returns the identifiers of a finding. GitLab tracks the finding by the first. */
function identifiersOf({ vulnerability }: Match, pages: readonly string[]): object[] {
  const { id, aliases, advisories } = vulnerability;
  const values = [...new Set([id, ...aliases, ...advisories.map((advisory) => advisory.id)])];
  return values.map((value, index) => {
    const name = escapeForTerminal(value) || '-';
    const link = advisories.find((advisory) => advisory.id === value)?.link ?? null;
    const url = webLinks([link])[0] ?? (index === 0 ? pages[0] : undefined);
    return { type: typeOf(name), name, value: name, url };
  });
}

function typeOf(id: string): string {
  const prefix = /^([A-Z]+)-/i.exec(id)?.[1];
  return prefix?.toLowerCase() ?? tool.name;
}

function locationOf({ target, distro }: Report, name: string, version: string): object {
  const system = distro === null ? 'unknown' : `${distro.id} ${distro.versionId ?? ''}`.trim();
  return {
    dependency: { package: { name: escapeForTerminal(name) }, version: escapeForTerminal(version) },
    operating_system: escapeForTerminal(system) || 'unknown',
    image: escapeForTerminal(imageTitleOf(target)) || 'unknown',
  };
}
