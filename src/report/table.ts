import { escapeForTerminal } from '../kit/untrusted-text.ts';
import { compareText } from '../model/order.ts';
import type { Coverage, Report } from '../model/report.ts';
import type { Display, ReportFormat } from '../plugin/report-format.ts';
import { findingLines } from './findings-table.ts';
import {
  attachedVexLines,
  baseLines,
  coverageLine,
  exploitedLines,
  extensionProblemLines,
  firstClause,
  identityLines,
  ratingListLines,
  shownVerdict,
  subjectText,
  summaryText,
  suppressedLines,
  unratedLines,
  verdictText,
} from './report-text.ts';
import { foldWords, paint, type Style } from './terminal-text.ts';
import { imageTitleOf } from './title.ts';

/** The report for a terminal: the image, the findings with the worst first, and the advisories they come from. */
export const tableFormat: ReportFormat = {
  name: 'table',
  mediaType: 'text/plain',
  isSortable: true,
  *write(report: Report, display: Display): Iterable<string> {
    for (const line of lines(report, display)) yield `${line}\n`;
  },
};

/** Returns whether all advisories are missing. Then one reason explains the result, and other lines would repeat it. */
function isWithoutAdvisories({ verdict, coverage, statuses }: Report): boolean {
  const isMissing = coverage.length > 0 && coverage.every((one) => isNotLoaded(one) || isOfEarlierTime(one));
  return verdict === 'not-assessed' && isMissing && statuses.every(({ status }) => status === 'succeeded');
}

/** Returns whether the database has no advisories of a namespace. An update cannot add those that are loaded but do not cover it. */
function isNotLoaded({ status, fetchedAt, loadedSince }: Coverage): boolean {
  return status === 'missing' && fetchedAt === null && loadedSince === undefined;
}

/** Returns whether advisories are not loaded, and the reason names no command that loads them. */
function isLackingRemedy(coverage: Coverage): boolean {
  return isNotLoaded(coverage) && coverage.reason?.includes('clair db update') !== true;
}

function isOfEarlierTime({ status, loadedSince }: Coverage): boolean {
  return status === 'missing' && loadedSince !== undefined;
}

const howToGetAdvisories = 'Get advisories with clair db update, or name a --mirror.';

/** Returns why advisories are missing and how to get them. */
function withoutAdvisories({ coverage }: Report): string[] {
  const reasons = coverage.map(({ namespace, reason }) =>
    escapeForTerminal(`${namespace}: ${firstClause(reason ?? 'no advisories available')}`),
  );
  return [...reasons, `Verdict: not assessed. ${remedyOf(coverage)}`];
}

/** Returns what to do without advisories. An update does not help if the report is of a time before the first one. */
function remedyOf(coverage: Report['coverage']): string {
  const times = coverage.flatMap(({ loadedSince }) => (loadedSince === undefined ? [] : [loadedSince]));
  if (times.length === 0) return howToGetAdvisories;
  if (times.includes(null))
    return 'The database never loaded these advisories, so it cannot report on an earlier time. Leave out --as-of.';
  const since =
    times
      .filter((time) => time !== null)
      .sort(compareText)
      .at(-1) ?? '';
  return `The database has these advisories since ${since}. Name that time or a later one with --as-of, or leave it out.`;
}

/** Minimum width of a sentence, in columns, however narrow the terminal is. */
const sentenceColumnsMin = 20;

const verdictStyles = { vulnerable: 'red', clean: 'green', 'not-assessed': 'yellow' } as const;

function* lines(report: Report, display: Display): Iterable<string> {
  yield* sentence(escapeForTerminal(imageTitleOf(report.target)), 'bold', display);
  yield* sentences(identityLines(report), 'dim', display);
  yield* sentence(subjectText(report), undefined, display);
  yield '';
  if (report.matches.length > 0) {
    yield* findingLines(report, display);
    yield '';
  }
  yield* sentence(summaryText(report), undefined, display);
  yield* sentences(baseLines(report), undefined, display);
  yield* sentences(exploitedLines(report), 'red', display);
  yield* sentences(unratedLines(report), 'yellow', display);
  yield* sentences(suppressedLines(report), undefined, display);
  yield* sentences(attachedVexLines(report), 'yellow', display);
  if (isWithoutAdvisories(report)) {
    for (const line of withoutAdvisories(report)) yield* sentence(line, 'yellow', display);
    return;
  }
  for (const coverage of report.coverage) {
    const style = coverage.status === 'complete' && coverage.reason === null ? undefined : 'yellow';
    yield* sentence(coverageLine(coverage), style, display);
  }
  if (report.matches.length > 0) yield* sentences(ratingListLines(report), ratingListStyle(report), display);
  yield* sentences(extensionProblemLines(report), 'yellow', display);
  yield* sentence(verdictText(report), ['bold', verdictStyles[shownVerdict(report)]], display);
  if (report.coverage.some(isLackingRemedy)) yield* sentence(howToGetAdvisories, 'yellow', display);
}

function ratingListStyle({ ratings }: Report): Style | undefined {
  return ratings?.lists?.some(({ status }) => status === 'stale') === true ? 'yellow' : undefined;
}

function* sentences(lines: readonly string[], style: Style | undefined, display: Display): Iterable<string> {
  for (const text of lines) yield* sentence(text, style, display);
}

/** Folds a text to the width of the terminal. */
function sentence(text: string, style: Style | undefined, display: Display): string[] {
  const folded =
    display.columns === undefined ? [text] : foldWords(text, Math.max(display.columns, sentenceColumnsMin));
  return style === undefined ? folded : folded.map((line) => paint(line, style, display));
}
