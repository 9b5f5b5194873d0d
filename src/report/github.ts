import { shownText } from '../kit/shown-text.ts';
import type { Match, Report } from '../model/report.ts';
import type { Severity } from '../model/severity.ts';
import type { ReportFormat } from '../plugin/report-format.ts';
import { worstFirst } from './finding.ts';
import {
  doubtsOf,
  exploitedWords,
  fixWords,
  isInDoubt,
  subjectWords,
  summaryWords,
  suppressedWords,
  unratedWords,
  verdictWords,
} from './report-words.ts';
import { titleWithDigest } from './title.ts';

/**
 * Annotations of a step of GitHub's Actions, "workflow commands". GitHub shows ten errors, ten warnings and ten notices of a step and
 * drops the rest: a package is one annotation, the worst come first, and before them what was not assessed.
 */
export const githubFormat: ReportFormat = {
  name: 'github',
  mediaType: 'text/plain',
  *write(report: Report): Iterable<string> {
    const title = shownText(titleWithDigest(report.target));
    const { matches } = report;
    const counts = [summaryWords(report), ...exploitedWords(matches), ...unratedWords(matches)];
    const summary = [...counts, ...suppressedWords(report), verdictWords(report)];
    if (isInDoubt(report))
      yield command('error', `Not everything was assessed: ${title}`, [
        verdictWords(report),
        ...doubtsOf(report),
      ]);
    yield command('notice', title, [subjectWords(report), ...summary]);
    for (const group of packagesOf(report)) yield groupCommand(group);
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

/** The findings on one package, the worst first. */
type Group = readonly [worst: Match, ...others: Match[]];

/** Packages with findings, the worst first. */
function packagesOf({ matches }: Report): Group[] {
  const groups = Map.groupBy(worstFirst(matches), ({ package: found }) =>
    JSON.stringify([found.purl, found.location.path]),
  );
  return [...groups.values()].flatMap(([worst, ...others]) =>
    worst === undefined ? [] : [[worst, ...others]],
  );
}

function groupCommand(group: Group): string {
  const [{ vulnerability, package: found }] = group;
  const others = group.length === 1 ? '' : ` and ${group.length - 1} more`;
  const title = `${shownText(found.name)} ${shownText(found.version)}: ${shownText(vulnerability.id)} (${vulnerability.severity})${others}`;
  return command(
    vulnerability.kev === true ? 'error' : levels[vulnerability.severity],
    title,
    group.map(lineOf),
  );
}

function lineOf({ vulnerability, fix }: Match): string {
  const { id, severity, description } = vulnerability;
  const words = description === null ? '' : `: ${shownText(description)}`;
  return `${shownText(id)} (${severity}), ${fixWords(fix)}${words}`;
}

function command(level: Level, title: string, lines: readonly string[]): string {
  return `::${level} title=${propertyText(title)}::${dataText(lines.join('\n'))}\n`;
}

/** What ends a command or a property of it is escaped as the runner has it. */
function dataText(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function propertyText(text: string): string {
  return dataText(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
