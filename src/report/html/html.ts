import { shownText } from '../../kit/shown-text.ts';
import type { Report, Verdict } from '../../model/report.ts';
import type { ReportFormat } from '../../plugin/report-format.ts';
import { countBySeverity, counted, doubtsOf, shownVerdict, subjectWords } from '../report-words.ts';
import { tool } from '../tool.ts';
import { findingsSection, type Group, groupsOf, shade } from './findings.ts';
import { Markup, markup } from './markup.ts';
import { coverageSection, layersSection, packagesSection, suppressedSection } from './sections.ts';
import { style } from './style.ts';

/** The report as one page for people: it asks for nothing from elsewhere and has no script. */
export const htmlFormat: ReportFormat = {
  name: 'html',
  mediaType: 'text/html; charset=utf-8',
  *write(report: Report): Iterable<string> {
    for (const { text } of page(report)) yield text;
  },
};

function* page(report: Report): Iterable<Markup> {
  const groups = groupsOf(report.matches);
  yield head(report);
  yield verdictBox(report, groups);
  yield summary(groups);
  yield* findingsSection(groups);
  yield markup`<h2>What this rests on</h2>\n`;
  yield coverageSection(report);
  yield suppressedSection(report);
  yield layersSection(report);
  yield packagesSection(report);
  yield markup`<footer>Written by ${tool.name} ${tool.version}. Dates are those of the advisories; the page itself has none, so that equal reports are equal files.</footer>
</body>
</html>
`;
}

function head(report: Report): Markup {
  const reference = shownText(report.target.reference);
  const { manifest } = report.target;
  return markup`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${verdictNames[shownVerdict(report)]}: ${reference}</title>
<style>${new Markup(style)}</style>
</head>
<body>
<header>
<h1>${reference}</h1>
<p>${subjectWords(report)}</p>
${manifest === null ? '' : markup`<p class="soft"><code>${manifest}</code></p>\n`}</header>
`;
}

const verdictNames: Readonly<Record<Verdict, string>> = {
  vulnerable: 'Vulnerable',
  clean: 'Clean',
  'not-assessed': 'Not assessed',
};

function verdictBox(report: Report, groups: readonly Group[]): Markup {
  const verdict = shownVerdict(report);
  const doubts = doubtsOf(report);
  const listed =
    doubts.length === 0 ? '' : markup`<ul>${doubts.map((doubt) => markup`<li>${doubt}</li>`)}</ul>`;
  const box = (kind: Verdict, title: string, words: Markup): Markup =>
    markup`<div class="verdict ${kind}"><strong>${title}</strong>${words}</div>\n`;
  switch (verdict) {
    case 'vulnerable': {
      const first = box(verdict, verdictNames[verdict], markup`${foundWords(report, groups)}`);
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
        markup`Nobody can say that this image is clean:${listed || ' something could not be decided.'}`,
      );
  }
}

function foundWords({ matches, packages }: Report, groups: readonly Group[]): string {
  const affected = new Set(matches.map(({ package: found }) => `${found.purl} ${found.location.path}`)).size;
  if (matches.length === 0) return 'All findings are suppressed; they are listed below.';
  const rows = groups.flatMap((group) => group.rows).length;
  return `${counted(rows, 'vulnerability', 'vulnerabilities')} of ${counted(groups.length, 'source package')}: ${counted(matches.length, 'finding')} in ${affected} of ${packages.length} installed packages.`;
}

/** How many vulnerabilities there are of each severity; each counts once for all packages of one source. */
function summary(groups: readonly Group[]): Markup {
  const found = groups.flatMap((group) => group.rows.map((row) => row.match));
  if (found.length === 0) return markup``;
  const bySeverity = countBySeverity(found);
  const fixable = found.filter(({ fix }) => fix.state === 'fixed').length;
  const exploited = found.filter(({ vulnerability }) => vulnerability.kev === true).length;
  const bar = bySeverity.map(
    ({ severity, count }) => markup`<span class="${shade(severity)}" style="flex:${count}"></span>`,
  );
  const counts = bySeverity.map(
    ({ severity, count }) => markup`<li class="${shade(severity)}"><b>${count}</b> ${severity}</li>`,
  );
  const badge = markup`<li class="plain"><span class="badge">${exploited} known to be exploited</span></li>`;
  return markup`<div class="bar" aria-hidden="true">${bar}</div>
<ul class="counts">${counts}<li class="plain"><b>${fixable === 0 ? 'None' : fixable}</b> can be fixed by an update</li>${exploited === 0 ? '' : badge}</ul>
`;
}
