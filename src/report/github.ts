import { escapeForTerminal } from '../kit/untrusted-text.ts';
import type { Match, Report } from '../model/report.ts';
import type { Severity } from '../model/severity.ts';
import type { ReportFormat } from '../plugin/report-format.ts';
import { worstFirst } from './finding.ts';
import {
  doubtsOf,
  exploitedLines,
  fixText,
  isInDoubt,
  subjectText,
  summaryText,
  suppressedLines,
  unratedLines,
  verdictText,
} from './report-text.ts';
import { titleWithDigest } from './title.ts';

/**
 * Annotations of a GitHub Actions step, as workflow commands. GitHub shows ten errors, ten warnings and ten notices of a step and
 * drops the rest. Therefore each package is one annotation, the worst packages come first, and an incomplete assessment precedes them.
 */
export const githubFormat: ReportFormat = {
  name: 'github',
  mediaType: 'text/plain',
  *write(report: Report): Iterable<string> {
    const title = escapeForTerminal(titleWithDigest(report.target));
    const counts = [summaryText(report), ...exploitedLines(report), ...unratedLines(report)];
    const summary = [...counts, ...suppressedLines(report), verdictText(report)];
    if (isInDoubt(report))
      yield workflowCommand('error', `Not everything was assessed: ${title}`, [
        verdictText(report),
        ...doubtsOf(report),
      ]);
    yield workflowCommand('notice', title, [subjectText(report), ...summary]);
    for (const group of packagesOf(report)) yield groupAnnotation(group);
  },
};

type Level = 'error' | 'warning' | 'notice';

const levels: Readonly<Record<Severity, Level>> = {
  Defcon1: 'error',
  Critical: 'error',
  High: 'error',
  Medium: 'warning',
  Low: 'notice',
  Negligible: 'notice',
  Unknown: 'warning',
};

/** The findings of one package, the worst first. */
type Group = readonly [worst: Match, ...others: Match[]];

/** Groups findings by package, the worst package first. */
function packagesOf({ matches }: Report): Group[] {
  const groups = Map.groupBy(worstFirst(matches), ({ package: found }) =>
    JSON.stringify([found.purl, found.location.path]),
  );
  return [...groups.values()].flatMap(([worst, ...others]) =>
    worst === undefined ? [] : [[worst, ...others]],
  );
}

function groupAnnotation(group: Group): string {
  const [{ vulnerability, package: found }] = group;
  const others = group.length === 1 ? '' : ` and ${group.length - 1} more`;
  const title = `${escapeForTerminal(found.name)} ${escapeForTerminal(found.version)}: ${escapeForTerminal(vulnerability.id)} (${vulnerability.severity})${others}`;
  return workflowCommand(
    vulnerability.kev === true ? 'error' : levels[vulnerability.severity],
    title,
    group.map(lineOf),
  );
}

function lineOf(match: Match): string {
  const { vulnerability } = match;
  const { id, severity, description } = vulnerability;
  const suffix = description === null ? '' : `: ${escapeForTerminal(description)}`;
  return `${escapeForTerminal(id)} (${severity}), ${fixText(match)}${suffix}`;
}

function workflowCommand(level: Level, title: string, lines: readonly string[]): string {
  return `::${level} title=${propertyText(title)}::${dataText(lines.join('\n'))}\n`;
}

/** Escapes the characters that end a command, as the runner does. */
function dataText(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function propertyText(text: string): string {
  return dataText(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
