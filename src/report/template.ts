import Mustache from 'mustache';
import { escapeForTerminal } from '../kit/untrusted-text.ts';
import type { Match, Report } from '../model/report.ts';
import type { ReportFormat } from '../plugin/report-format.ts';
import { worstFirst } from './finding.ts';
import {
  countBySeverity,
  doubtsOf,
  exploitedLines,
  fixText,
  shownVerdict,
  subjectText,
  summaryText,
  suppressedLines,
  unratedLines,
  verdictText,
} from './report-text.ts';
import { imageTitleOf } from './title.ts';
import { tool } from './tool.ts';
import { xmlText } from './xml-text.ts';

/** No value that a template writes is longer; `{{{…}}}` writes it whole. */
const valueMax = 4000;

/**
 * A report as a template of the user writes it, in Mustache (mustache(5)), which has no code. Values are one line without controls;
 * in a template of HTML or XML they are escaped besides. Throws where the template is none.
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
    *write(report: Report): Iterable<string> {
      yield Mustache.render(template, viewOf(report), {}, { escape: escaped });
    },
  };
}

/** What a template can name: the keys of the JSON report, and the sentences of the table. */
function viewOf(report: Report): object {
  const matches = worstFirst(report.matches).map(withFixText);
  const verdict = shownVerdict(report);
  return {
    ...report,
    matches,
    suppressed: worstFirst(report.suppressed).map(withFixText),
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
      exploited: exploitedLines(report.matches),
      unrated: unratedLines(report.matches),
      suppressed: suppressedLines(report),
      doubts: doubtsOf(report),
    },
    tool,
  };
}

function withFixText<Finding extends Match>(match: Finding): Finding & { readonly fixWords: string } {
  return { ...match, fixWords: fixText(match.fix) };
}
