import { shownText } from '../kit/shown-text.ts';
import type { Report } from '../model/report.ts';
import type { Display, ReportFormat } from '../plugin/report-format.ts';
import { findingLines } from './findings-table.ts';
import { paint, type Style } from './paint.ts';
import {
  coverageLine,
  exploitedWords,
  firstClause,
  identityWords,
  problemWords,
  ratingListWords,
  shownVerdict,
  subjectWords,
  summaryWords,
  suppressedWords,
  unratedWords,
  verdictWords,
} from './report-words.ts';
import { foldWords } from './terminal-text.ts';
import { titleOf } from './title.ts';

/** The report for a person at a terminal: what was looked at, the findings worst first, and what they were compared with. */
export const tableFormat: ReportFormat = {
  name: 'table',
  mediaType: 'text/plain',
  *write(report: Report, display: Display): Iterable<string> {
    for (const line of lines(report, display)) yield `${line}\n`;
  },
};

/** Whether there was nothing to compare any package with: then one reason explains everything, and the rest would repeat it. */
function isWithoutAdvisories({ verdict, coverage, statuses }: Report): boolean {
  const isMissing = coverage.length > 0 && coverage.every(({ status }) => status === 'missing');
  return verdict === 'not-assessed' && isMissing && statuses.every(({ status }) => status === 'succeeded');
}

/** Why there are no advisories, and what to do about it. */
function withoutAdvisories({ coverage }: Report): string[] {
  const reasons = coverage.map(({ namespace, reason }) =>
    shownText(`${namespace}: ${firstClause(reason ?? 'no advisories at hand')}`),
  );
  return [...reasons, 'Verdict: not assessed. Get advisories with clair db update, or name a --mirror.'];
}

/** Whatever width a terminal claims. */
const sentenceColumnsMin = 20;

const verdictStyles = { vulnerable: 'red', clean: 'green', 'not-assessed': 'yellow' } as const;

function* lines(report: Report, display: Display): Iterable<string> {
  yield* sentence(shownText(titleOf(report.target)), 'bold', display);
  yield* sentences(identityWords(report), 'dim', display);
  yield* sentence(subjectWords(report), undefined, display);
  yield '';
  if (report.matches.length > 0) {
    yield* findingLines(report.matches, display);
    yield '';
  }
  yield* sentence(summaryWords(report), undefined, display);
  yield* sentences(exploitedWords(report.matches), 'red', display);
  yield* sentences(unratedWords(report.matches), 'yellow', display);
  yield* sentences(suppressedWords(report), undefined, display);
  if (isWithoutAdvisories(report)) {
    for (const line of withoutAdvisories(report)) yield* sentence(line, 'yellow', display);
    return;
  }
  for (const coverage of report.coverage) {
    const style = coverage.status === 'complete' && coverage.reason === null ? undefined : 'yellow';
    yield* sentence(coverageLine(coverage), style, display);
  }
  if (report.matches.length > 0) yield* sentences(ratingListWords(report), ratingListStyle(report), display);
  yield* sentences(problemWords(report), 'yellow', display);
  yield* sentence(verdictWords(report), ['bold', verdictStyles[shownVerdict(report)]], display);
}

function ratingListStyle({ ratings }: Report): Style | undefined {
  return ratings?.lists?.some(({ status }) => status === 'stale') === true ? 'yellow' : undefined;
}

function* sentences(lines: readonly string[], style: Style | undefined, display: Display): Iterable<string> {
  for (const words of lines) yield* sentence(words, style, display);
}

/** Words laid into the width of the terminal. */
function sentence(words: string, style: Style | undefined, display: Display): string[] {
  const folded =
    display.columns === undefined ? [words] : foldWords(words, Math.max(display.columns, sentenceColumnsMin));
  return style === undefined ? folded : folded.map((line) => paint(line, style, display));
}
