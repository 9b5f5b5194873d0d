import { escapeForTerminal } from '../../kit/untrusted-text.ts';
import type { Report, Verdict } from '../../model/report.ts';
import type { Display, FindingOrder, ReportFormat } from '../../plugin/report-format.ts';
import type { VersionScheme } from '../../plugin/version-scheme.ts';
import {
  countBySeverity,
  doubtsOf,
  hiddenExploitedLines,
  pluralize,
  shownVerdict,
  subjectText,
  tool,
  unratedLines,
} from '../report-text.ts';
import { imageTitleOf, titleWithDigest } from '../title.ts';
import { findingsSection, severityClass } from './findings.ts';
import { groupsOf, type SourceGroup } from './groups.ts';
import { Markup, markup } from './markup.ts';
import { contentSecurityPolicy, script } from './script.ts';
import { coverageSection, layersSection, packagesSection, suppressedSection } from './sections.ts';
import { style } from './style.ts';
import { upgradesSection } from './upgrades.ts';

/**
 * The report as one self-contained HTML page: it loads nothing, and is complete without its script. `schemes` order the fixed versions of
 * an upgrade.
 */
export function htmlFormat(schemes: readonly VersionScheme[]): ReportFormat {
  return {
    name: 'html',
    mediaType: 'text/html; charset=utf-8',
    isSortable: true,
    *write(report: Report, { order = 'risk' }: Display): Iterable<string> {
      for (const { text } of page(report, schemes, order)) yield text;
    },
  };
}

function* page(report: Report, schemes: readonly VersionScheme[], order: FindingOrder): Iterable<Markup> {
  const groups = groupsOf(report);
  yield head(report);
  yield verdictBox(report, groups);
  yield summary(groups);
  yield upgradesSection(groups, schemes);
  yield* findingsSection(groups, { layerCount: report.layers.length, order });
  yield coverageSection(report);
  yield markup`<h2>Details</h2>\n`;
  yield suppressedSection(report);
  yield layersSection(report);
  yield packagesSection(report);
  yield markup`<footer>Written by ${tool.name} ${tool.version}. Dates are those of the advisories; the page itself has none, so that equal reports are equal files.</footer>
<script>${new Markup(script)}</script>
</body>
</html>
`;
}

function head(report: Report): Markup {
  const title = escapeForTerminal(imageTitleOf(report.target));
  return markup`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${new Markup(contentSecurityPolicy())}">
<title>${verdictNames[shownVerdict(report)]}: ${escapeForTerminal(titleWithDigest(report.target))}</title>
<style>${new Markup(style)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<dl>${headerFacts(report).map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
</header>
`;
}

/** Returns what an auditor needs first: the identity of the image and the age of the data. */
function headerFacts(report: Report): [name: string, value: Markup | string][] {
  const { target, coverage } = report;
  const { digest, manifest, reference } = target;
  const newest = coverage.map(({ contentDate, newestAdvisory }) => contentDate ?? newestAdvisory);
  return [
    ['System', subjectText(report)],
    ...(digest === undefined
      ? []
      : [headerFact(manifest === null ? 'Image ID' : 'Digest', markup`<code>${digest}</code>`)]),
    ...(imageTitleOf(target) === reference ? [] : [headerFact('Read from', escapeForTerminal(reference))]),
    ['Data from', dayRange(newest)],
    ['Fetched', dayRange(coverage.map(({ fetchedAt }) => fetchedAt))],
  ];
}

function headerFact(name: string, value: Markup | string): [string, Markup | string] {
  return [name, value];
}

/** Returns the first and the last day of ISO 8601 times. */
function dayRange(times: readonly (string | null)[]): string {
  const days = times.flatMap((time) => (time === null ? [] : [escapeForTerminal(time.slice(0, 10))])).sort();
  const first = days[0];
  const last = days.at(-1);
  if (first === undefined || last === undefined) return 'not known';
  return first === last ? first : `${first} to ${last}`;
}

const verdictNames: Readonly<Record<Verdict, string>> = {
  vulnerable: 'Vulnerable',
  clean: 'Clean',
  'not-assessed': 'Not assessed',
};

function verdictBox(report: Report, groups: readonly SourceGroup[]): Markup {
  const verdict = shownVerdict(report);
  const doubts = doubtsOf(report);
  const listed =
    doubts.length === 0 ? '' : markup`<ul>${doubts.map((doubt) => markup`<li>${doubt}</li>`)}</ul>`;
  const box = (kind: Verdict, title: string, words: Markup): Markup =>
    markup`<div class="verdict ${kind}"><strong>${title}</strong>${words}</div>\n`;
  switch (verdict) {
    case 'vulnerable': {
      const first = box(verdict, verdictNames[verdict], markup`${findingsText(report, groups)}`);
      if (doubts.length === 0) return first;
      return markup`${first}${box('not-assessed', 'And not everything is known', markup`${listed}`)}`;
    }
    case 'clean':
      return box(
        verdict,
        verdictNames[verdict],
        markup`Everything was assessed, and there is no known vulnerability.`,
      );
    case 'not-assessed':
      return box(
        verdict,
        verdictNames[verdict],
        markup`This image cannot be called clean:${listed || ' something could not be decided.'}`,
      );
  }
}

function findingsText(report: Report, groups: readonly SourceGroup[]): string {
  const { matches, packages } = report;
  const affected = new Set(matches.map(({ package: found }) => `${found.purl} ${found.location.path}`)).size;
  const remarks = [...unratedLines(report), ...hiddenExploitedLines(report)].map((words) => ` ${words}.`);
  if (matches.length === 0) return `All findings are suppressed; they are listed below.${remarks.join('')}`;
  const rows = groups.flatMap((group) => group.rows).length;
  return `${pluralize(rows, 'vulnerability', 'vulnerabilities')} of ${pluralize(groups.length, 'source package')}: ${pluralize(matches.length, 'finding')} in ${affected} of ${packages.length} installed packages.${remarks.join('')}`;
}

/** Renders the number of vulnerabilities per severity. Each counts once for all packages of one source. */
function summary(groups: readonly SourceGroup[]): Markup {
  const found = groups.flatMap((group) => group.rows.map((row) => row.match));
  if (found.length === 0) return markup``;
  const bySeverity = countBySeverity(found);
  const fixable = found.filter(({ fix }) => fix.state === 'fixed').length;
  const exploited = found.filter(({ vulnerability }) => vulnerability.kev === true).length;
  const bar = bySeverity.map(
    ({ severity, count }) => markup`<span class="${severityClass(severity)}" style="flex:${count}"></span>`,
  );
  const counts = bySeverity.map(
    ({ severity, count }) => markup`<li class="${severityClass(severity)}"><b>${count}</b> ${severity}</li>`,
  );
  const badge = markup`<li class="plain"><span class="badge">${exploited} known to be exploited</span></li>`;
  return markup`<div class="bar" aria-hidden="true">${bar}</div>
<ul class="counts">${counts}<li class="plain"><b>${fixable === 0 ? 'None' : fixable}</b> can be fixed by an update</li>${exploited === 0 ? '' : badge}</ul>
`;
}
