import Mustache from 'mustache';
import { escapeForTerminal } from '../kit/untrusted-text.ts';
import type { Match, Report } from '../model/report.ts';
import type { Display, ReportFormat } from '../plugin/report-format.ts';
import { sortFindings } from './finding.ts';
import {
  countBySeverity,
  doubtsOf,
  exploitedLines,
  fixText,
  shownVerdict,
  subjectText,
  summaryText,
  suppressedLines,
  tool,
  unratedLines,
  verdictText,
  xmlText,
} from './report-text.ts';
import { imageTitleOf } from './title.ts';

/** Maximum length of a value, in characters. `{{{…}}}` writes values in full. */
const valueMax = 4000;

/**
 * A report format that a Mustache template of the user defines (mustache(5)). Mustache runs no code. Values are one line without control
 * characters; templates of HTML or XML also escape markup. Throws if the template is invalid.
 */
export function templateFormat(name: string, template: string): ReportFormat {
  Mustache.parse(template);
  const isMarkup = /\.(?:x?html?|xml|svg)(?:\.[a-z]+)?$/i.test(name);
  const escaped = (value: unknown): string => {
    const text = escapeForTerminal(String(value), valueMax);
    return isMarkup ? xmlText(text) : text;
  };
  return {
    name: 'template',
    mediaType: isMarkup ? 'text/html' : 'text/plain',
    isSortable: true,
    *write(report: Report, { order }: Display): Iterable<string> {
      yield Mustache.render(template, viewOf(report, order), {}, { escape: escaped });
    },
  };
}

/** Returns the values of a template: the keys of the JSON report and the sentences of the table. */
function viewOf(report: Report, order: Display['order']): object {
  const matches = sortFindings(report.matches, order).map(withFixText);
  const verdict = shownVerdict(report);
  return {
    ...report,
    matches,
    suppressed: sortFindings(report.suppressed, order).map(withFixText),
    bySeverity: countBySeverity(matches).map(({ severity, count }) => ({
      severity,
      count,
      matches: matches.filter(({ vulnerability }) => vulnerability.severity === severity),
    })),
    title: imageTitleOf(report.target),
    isVulnerable: verdict === 'vulnerable',
    isClean: verdict === 'clean',
    isNotAssessed: verdict === 'not-assessed',
    words: {
      subject: subjectText(report),
      summary: summaryText(report),
      verdict: verdictText(report),
      exploited: exploitedLines(report),
      unrated: unratedLines(report),
      suppressed: suppressedLines(report),
      doubts: doubtsOf(report),
    },
    tool,
  };
}

function withFixText<Finding extends Match>(match: Finding): Finding & { readonly fixWords: string } {
  return { ...match, fixWords: fixText(match) };
}
