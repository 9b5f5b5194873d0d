import { escapeForTerminal } from '../kit/untrusted-text.ts';
import type { Fix, FixState } from '../model/fix.ts';
import type { Coverage, Match, Report, ReportVulnerability, Verdict } from '../model/report.ts';
import { type Severity, severities } from '../model/severity.ts';
import { imageTitleOf } from './title.ts';

/** How many of one kind of thing are told one by one. */
const itemsShownMax = 10;

const coverageStatusText: Readonly<Record<Coverage['status'], string>> = {
  complete: 'advisories complete',
  stale: 'advisories stale',
  missing: 'no advisories at hand',
  unsupported: 'not supported',
};

const fixStateText: Readonly<Record<Exclude<FixState, 'fixed'>, string>> = {
  unfixed: 'no fix yet',
  deferred: 'fix deferred',
  'will-not-fix': 'will not be fixed',
  'end-of-life': 'end of life',
  'under-investigation': 'under investigation',
  'not-affected': 'not affected',
};

/** What can be done, for a cell under a heading: the fixed version, or why there is none. */
export function fixCell(fix: Fix): string {
  return fix.state === 'fixed' ? fix.version : fixStateText[fix.state];
}

/** The fixed version as people compare it with the installed one, or why there is none: an epoch of zero goes unsaid for both. */
export function fixCellOf({ fix, package: { version } }: Match): string {
  const isBare = fix.state === 'fixed' && !/^\d+:/.test(version);
  return isBare ? fix.version.replace(/^0:/, '') : fixCell(fix);
}

/** What can be done, in a sentence. */
export function fixText(fix: Fix): string {
  return fix.state === 'fixed' ? `fixed in ${escapeForTerminal(fix.version)}` : fixStateText[fix.state];
}

/** Ids of the advisories on a vulnerability that are not its own name: `RHSA-…`, `DSA-…`. */
export function advisoryIds({ id, advisories }: Pick<ReportVulnerability, 'id' | 'advisories'>): string[] {
  return [...new Set(advisories.map((advisory) => advisory.id))].filter((each) => each !== id);
}

/** The advisory to show beside a fixed version: the one that has it, or else the first; empty where none has a name of its own. */
export function advisoryCell({ vulnerability, fix }: Match): string {
  const ids = advisoryIds(vulnerability);
  const ofFix = vulnerability.advisories.find(
    ({ id, fixedVersion }) => ids.includes(id) && fix.state === 'fixed' && fixedVersion === fix.version,
  );
  return escapeForTerminal(ofFix?.id ?? ids[0] ?? '');
}

/** The probability of exploitation in per cent; empty where it is not known. */
export function epssCell(epss: number | null): string {
  return epss === null ? '' : `${(epss * 100).toFixed(1)}%`;
}

/** What to do where there is a fix. */
export function updateAdvice({ version }: Extract<Fix, { state: 'fixed' }>): string {
  return `Update to ${version} or later.`;
}

/** What its source says of a vulnerability, or that it says nothing. */
export function descriptionOf({ id, description }: ReportVulnerability): string {
  return description ?? `${id}, of which its source says nothing more.`;
}

/** The distribution and the platform, and how many layers and packages were looked at. */
export function subjectText(report: Report): string {
  const { distro, target, layers, packages } = report;
  const counts = new Map<string, number>();
  for (const { type } of packages) counts.set(type, (counts.get(type) ?? 0) + 1);
  const types = [...counts].map(([type, count]) => (counts.size === 1 ? type : `${count} ${type}`));
  const parts = [
    distro === null
      ? 'unknown distribution'
      : (distro.prettyName ?? `${distro.id} ${distro.versionId ?? ''}`.trimEnd()),
    target.platform ?? 'unknown platform',
    pluralize(layers.length, 'layer'),
    pluralize(packages.length, 'package') + (types.length === 0 ? '' : ` (${types.join(', ')})`),
  ];
  return parts.map((word) => escapeForTerminal(word)).join(', ');
}

/** How many findings there are, how many of them have a fix, and how many are of which severity. */
export function summaryText(report: Report): string {
  const { matches, packages, suppressed } = report;
  const isPart = suppressed.some(({ decision }) => decision?.by === 'option');
  if (matches.length === 0 && isPart)
    return `No findings to show in ${pluralize(packages.length, 'package')}.`;
  if (matches.length === 0) return `No findings in ${pluralize(packages.length, 'package')}.`;
  const bySeverity = countBySeverity(matches).map(({ severity, count }) => `${count} ${severity}`);
  const fixable = matches.filter((match) => match.fix.state === 'fixed').length;
  return `${pluralize(matches.length, 'finding')}, ${fixable} fixable: ${bySeverity.join(', ')}`;
}

/** A line that names the findings known to be exploited; no line when there are none. */
export function exploitedLines(matches: readonly Match[]): string[] {
  const known = matches.filter((match) => match.vulnerability.kev === true);
  const ids = new Set(known.map((match) => escapeForTerminal(match.vulnerability.id)));
  return ids.size === 0 ? [] : [`Known to be exploited: ${truncated([...ids].sort()).join(', ')}`];
}

/** A line that counts the findings that no source rates; no line when there are none. */
export function unratedLines(matches: readonly Match[]): string[] {
  const count = matches.filter(({ vulnerability }) => vulnerability.severity === 'Unknown').length;
  return count === 0 ? [] : [`${pluralize(count, 'finding has', 'findings have')} no severity`];
}

/** The digest of the image, and where it was read where that is not its title, a line each. */
export function identityLines({ target }: Report): string[] {
  const { digest, manifest, reference } = target;
  const label = manifest === null ? 'image ID' : 'digest';
  return [
    ...(digest === undefined ? [] : [`${label} ${digest}`]),
    ...(imageTitleOf(target) === reference ? [] : [`read from ${escapeForTerminal(reference)}`]),
  ];
}

/** What is not counted, a line for each reason. */
export function suppressedLines(report: Report): string[] {
  const counts = new Map<string, number>();
  for (const { reason } of report.suppressed) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return truncated([...counts].map(([reason, count]) => `${count} suppressed: ${escapeForTerminal(reason)}`));
}

/** What the packages of a namespace were compared with and how old it is: by dates, since a report knows no clock. */
export function coverageLine(coverage: Coverage): string {
  const { newestAdvisory, fetchedAt, reason } = coverage;
  const parts = [
    coverageStatusText[coverage.status],
    ...(newestAdvisory === null ? [] : [`newest from ${newestAdvisory.slice(0, 10)}`]),
    ...contentDateText(coverage),
    ...(fetchedAt === null ? [] : [`fetched ${fetchedAt.slice(0, 10)}`]),
  ];
  return escapeForTerminal(
    `${coverage.namespace}: ${parts.join(', ')}${reason === null ? '' : `; ${reason}`}`,
  );
}

/** The lists that rate findings beside the advisories, and their dates: `Ratings: kev of 2026-05-13, epss of 2026-05-14`. */
export function ratingListLines({ ratings }: Report): string[] {
  const lists = (ratings?.lists ?? []).map(({ source, status, contentDate, reason }) => {
    const date = contentDate === null ? 'of unknown age' : `of ${contentDate.slice(0, 10)}`;
    return `${source} ${date}${status === 'stale' ? ` (stale: ${reason ?? 'it is old'})` : ''}`;
  });
  return lists.length === 0 ? [] : [escapeForTerminal(`Ratings: ${lists.join(', ')}`)];
}

/** The date of the content, where it says more than that of the newest advisory; and that it is unknown where nothing dates it. */
function contentDateText({ newestAdvisory, contentDate, fetchedAt }: Coverage): string[] {
  if (contentDate === undefined || fetchedAt === null) return [];
  if (contentDate === null) return ['of unknown age'];
  const day = contentDate.slice(0, 10);
  return day === newestAdvisory?.slice(0, 10) ? [] : [`content of ${day}`];
}

/** What extensions could not read. */
export function extensionProblemLines(report: Report): string[] {
  const failed = report.statuses.filter((status) => status.status !== 'succeeded');
  const lines = failed.flatMap(({ extension, files }) => {
    const problems = files.filter((file) => file.problem !== null);
    if (problems.length === 0) return [escapeForTerminal(`${extension} failed`)];
    return problems.map((file) => escapeForTerminal(`${extension}: ${file.path}: ${file.problem ?? ''}`));
  });
  return truncated(lines);
}

/** The verdict as a sentence. It says `clean` of nothing that was not wholly assessed, whatever the report claims. */
export function verdictText(report: Report): string {
  const doubts = doubtsOf(report);
  const more = doubts.length > 1 ? ` (and ${doubts.length - 1} more above)` : '';
  const why = `${firstClause(doubts[0] ?? 'something could not be decided')}${more}`;
  switch (report.verdict) {
    case 'vulnerable':
      return doubts.length === 0
        ? 'Verdict: vulnerable'
        : `Verdict: vulnerable, and not everything is known: ${why}`;
    case 'not-assessed':
      return `Verdict: not assessed: ${why}`;
    case 'clean':
      return doubts.length === 0 ? 'Verdict: clean' : `Verdict: no known vulnerability, but ${why}`;
  }
}

/** The first of several reasons. */
export function firstClause(text: string): string {
  return text.split(/; |\. (?=\p{Lu})/u, 1)[0] ?? text;
}

/** Everything that keeps an answer from being whole; nothing only where all was read and compared. */
export function doubtsOf(report: Report): string[] {
  const gaps = report.coverage.filter(({ status, reason }) => status !== 'complete' || reason !== null);
  const doubts = gaps.map((gap) =>
    escapeForTerminal(`${gap.namespace}: ${gap.reason ?? coverageStatusText[gap.status]}`),
  );
  doubts.push(...extensionProblemLines(report));
  if (report.coverage.length > 0) return doubts;
  return [report.distro === null ? 'the distribution is unknown' : 'there was nothing to compare', ...doubts];
}

/** Whether something is unknown, whatever was found. */
export function isInDoubt(report: Report): boolean {
  return report.verdict === 'not-assessed' || doubtsOf(report).length > 0;
}

/** The verdict as it may be shown: nothing is clean that was not wholly assessed, whatever the report claims. */
export function shownVerdict(report: Report): Verdict {
  return report.verdict === 'clean' && isInDoubt(report) ? 'not-assessed' : report.verdict;
}

/** How many of some findings are of each severity that there is, the worst first. */
export function countBySeverity(
  matches: readonly Match[],
): { readonly severity: Severity; readonly count: number }[] {
  const counts = new Map<Severity, number>();
  for (const { vulnerability } of matches)
    counts.set(vulnerability.severity, (counts.get(vulnerability.severity) ?? 0) + 1);
  return severities.toReversed().flatMap((severity) => {
    const count = counts.get(severity);
    return count === undefined ? [] : [{ severity, count }];
  });
}

/** `1 finding`, `2 findings`. */
export function pluralize(count: number, thing: string, things: string = `${thing}s`): string {
  return `${count} ${count === 1 ? thing : things}`;
}

function truncated(items: readonly string[]): string[] {
  return items.length <= itemsShownMax
    ? [...items]
    : [...items.slice(0, itemsShownMax), `and ${items.length - itemsShownMax} more`];
}
