import { escapeForTerminal } from '../kit/untrusted-text.ts';
import type { Fix, FixState } from '../model/fix.ts';
import type { ParentPackage } from '../model/package.ts';
import {
  type Coverage,
  isUnderInvestigation,
  type Match,
  type Report,
  type ReportVulnerability,
  type SuppressedMatch,
  type Verdict,
} from '../model/report.ts';
import { type Severity, severities } from '../model/severity.ts';
import type { ReportFormat } from '../plugin/report-format.ts';
import { isSourceTree } from './package-places.ts';
import { imageTitleOf } from './title.ts';

/** Returns a report in a format, without colors. */
export function reportAsText(report: Report, format: ReportFormat): string {
  return [...format.write(report, { colors: false })].join('');
}

/** Maximum number of items of one kind that are listed; the rest is counted. */
const itemsShownMax = 10;

const coverageStatusText: Readonly<Record<Coverage['status'], string>> = {
  complete: 'advisories complete',
  stale: 'advisories stale',
  missing: 'no advisories available',
  unsupported: 'not supported',
};

/** Texts of the states of a fix. */
export const fixStateText: Readonly<Record<Exclude<FixState, 'fixed'>, string>> = {
  unfixed: 'no fix yet',
  deferred: 'fix deferred',
  'will-not-fix': 'will not be fixed',
  'end-of-life': 'end of life',
  'under-investigation': 'under investigation',
  'not-affected': 'not affected',
};

/** Returns the fixed version, or the state of the fix, for a table cell. */
export function fixCell(fix: Fix): string {
  return fix.state === 'fixed' ? fix.version : fixStateText[fix.state];
}

/** Returns the fixed version or the state of the fix. Omits an epoch of zero if the installed version has no epoch. */
export function fixCellOf({ fix, package: { version } }: Match): string {
  const isBare = fix.state === 'fixed' && !/^\d+:/.test(version);
  return isBare ? fix.version.replace(/^0:/, '') : fixCell(fix);
}

/**
 * Returns the fixed version or the state of the fix, and the package that contains this one: upgrade that instead. An archive in the title of
 * the group is not named again.
 */
export function fixCellWithParent(match: Match): string {
  const { parent, location } = match.package;
  const isInTitle = parent?.version === undefined && archiveOf(location.path) === parent?.name;
  return parent === undefined || isInTitle
    ? fixCellOf(match)
    : `${fixCellOf(match)} (in ${nameAndVersion(parent)})`;
}

/** Returns the file name of the outermost archive in a path. Undefined for a path outside archives. */
function archiveOf(path: string): string | undefined {
  const end = path.indexOf('!/');
  return end === -1 ? undefined : path.slice(path.lastIndexOf('/', end) + 1, end);
}

/** Returns `fixed in VERSION`, or the state of the fix, for a sentence. Names the package to upgrade if it contains this one. */
export function fixText({ fix, package: { parent } }: Pick<Match, 'fix' | 'package'>): string {
  const text = fix.state === 'fixed' ? `fixed in ${escapeForTerminal(fix.version)}` : fixStateText[fix.state];
  if (parent === undefined) return text;
  return `${text}; part of ${escapeForTerminal(nameAndVersion(parent))}: upgrade ${escapeForTerminal(parent.name)}`;
}

/** Returns the name of a package that contains another one, with its version if that is known. */
function nameAndVersion({ name, version }: ParentPackage): string {
  return version === undefined ? name : `${name} ${version}`;
}

/** Returns the ids of the advisories on a vulnerability that differ from its own id: `RHSA-…`, `DSA-…`. */
export function advisoryIds({ id, advisories }: Pick<ReportVulnerability, 'id' | 'advisories'>): string[] {
  return [...new Set(advisories.map((advisory) => advisory.id))].filter((each) => each !== id);
}

/** Returns the advisory that names the fixed version, or else the first; empty if no advisory has an id of its own. */
export function advisoryCell({ vulnerability, fix }: Match): string {
  const ids = advisoryIds(vulnerability);
  const ofFix = vulnerability.advisories.find(
    ({ id, fixedVersion }) => ids.includes(id) && fix.state === 'fixed' && fixedVersion === fix.version,
  );
  return escapeForTerminal(ofFix?.id ?? ids[0] ?? '');
}

/** Returns EPSS, the probability of exploitation within 30 days, in per cent; empty if unknown. */
export function epssCell(epss: number | null): string {
  return epss === null ? '' : `${(epss * 100).toFixed(1)}%`;
}

/** Returns the advice for a finding with a fix. For a package within another one, the advice is to upgrade that one. */
export function updateAdvice(
  { version }: Extract<Fix, { state: 'fixed' }>,
  { name, parent }: Partial<Pick<Match['package'], 'name' | 'parent'>> = {},
): string {
  if (parent === undefined) return `Update to ${version} or later.`;
  return `Upgrade ${nameAndVersion(parent)} to a version that contains ${name} ${version} or later.`;
}

/** Returns the description of a vulnerability, or a sentence that the source has no description. */
export function descriptionOf({ id, description }: ReportVulnerability): string {
  return description ?? `${id}: the source has no description.`;
}

/** Returns the distribution, the platform and the numbers of examined layers and packages. */
export function subjectText(report: Report): string {
  const { distro, target, layers, packages } = report;
  const counts = new Map<string, number>();
  for (const { type } of packages) counts.set(type, (counts.get(type) ?? 0) + 1);
  const types = [...counts].map(([type, count]) => (counts.size === 1 ? type : `${count} ${type}`));
  const parts = [
    ...(isSourceTree(report)
      ? ['source tree']
      : [
          distro === null
            ? 'unknown distribution'
            : (distro.prettyName ?? `${distro.id} ${distro.versionId ?? ''}`.trimEnd()),
          target.platform ?? 'unknown platform',
          pluralize(layers.length, 'layer'),
        ]),
    pluralize(packages.length, 'package') + (types.length === 0 ? '' : ` (${types.join(', ')})`),
  ];
  return parts.map((word) => escapeForTerminal(word)).join(', ');
}

/** Returns the number of findings, of those with a fix, and of each severity. */
export function summaryText(report: Report): string {
  const { matches, packages, suppressed } = report;
  const isPart = suppressed.some(({ decision }) => decision?.by === 'option');
  if (matches.length === 0 && isPart)
    return `No findings to show in ${pluralize(packages.length, 'package')}.`;
  if (matches.length === 0) return `No findings in ${pluralize(packages.length, 'package')}.`;
  return countsText(matches);
}

function countsText(matches: readonly Match[]): string {
  const bySeverity = countBySeverity(matches).map(({ severity, count }) => `${count} ${severity}`);
  if (bySeverity.length === 0) return 'no findings';
  const fixable = matches.filter((match) => match.fix.state === 'fixed').length;
  return `${pluralize(matches.length, 'finding')}, ${fixable} fixable: ${bySeverity.join(', ')}`;
}

/** Returns the sum of the findings of the base image, and that of the layers above; no line if no base image is known. */
export function baseLines({ base, layers, matches }: Report): string[] {
  if (base === undefined) return [];
  const [ofBase, own] = [true, undefined].map((fromBase) =>
    matches.filter((match) => match.package.fromBase === fromBase),
  );
  return [
    escapeForTerminal(
      `Of the base image ${base.reference} (${base.layers} of ${pluralize(layers.length, 'layer')}): ${countsText(ofBase ?? [])}`,
    ),
    `Of the layers above: ${countsText(own ?? [])}`,
  ];
}

/** Returns a line that lists the exploited vulnerabilities, and one with those that options hide; no line without any. */
export function exploitedLines(report: Pick<Report, 'matches' | 'suppressed'>): string[] {
  return [...idsLine('Known to be exploited', exploitedIds(report.matches)), ...hiddenExploitedLines(report)];
}

/** Returns a line that lists the exploited vulnerabilities that options hide; no line without any. */
export function hiddenExploitedLines({
  matches,
  suppressed,
}: Pick<Report, 'matches' | 'suppressed'>): string[] {
  const shown = exploitedIds(matches);
  const hidden = exploitedIds(suppressed.filter(({ decision }) => decision?.by === 'option'));
  return idsLine(
    'Known to be exploited, but not shown',
    hidden.filter((id) => !shown.includes(id)),
  );
}

function idsLine(title: string, ids: readonly string[]): string[] {
  return ids.length === 0 ? [] : [`${title}: ${truncated(ids).join(', ')}`];
}

function exploitedIds(matches: readonly Match[]): string[] {
  const known = matches.filter(({ vulnerability }) => vulnerability.kev === true);
  return [...new Set(known.map(({ vulnerability }) => escapeForTerminal(vulnerability.id)))].sort();
}

/** Returns a line that counts the findings without a severity, with the reason; no line without any. */
export function unratedLines({ matches, ratings }: Pick<Report, 'matches' | 'ratings'>): string[] {
  const count = matches.filter(({ vulnerability }) => vulnerability.severity === 'Unknown').length;
  const reason = ratings?.reason ?? '';
  const why = reason === '' ? '' : `: ${escapeForTerminal(reason)}`;
  return count === 0 ? [] : [`${pluralize(count, 'finding has', 'findings have')} no severity${why}`];
}

/** Returns a line with the digest of the image, and one with its reference if that differs from its title. */
export function identityLines({ target }: Report): string[] {
  const { digest, manifest, reference } = target;
  const label = manifest === null ? 'image ID' : 'digest';
  return [
    ...(digest === undefined ? [] : [`${label} ${digest}`]),
    ...(imageTitleOf(target) === reference ? [] : [`read from ${escapeForTerminal(reference)}`]),
  ];
}

/** Returns a line for each reason of suppression, with the number of findings. */
export function suppressedLines(report: Report): string[] {
  const counts = new Map<string, number>();
  const hasManyProofs = report.suppressed.filter(isProven).length > 1;
  for (const finding of report.suppressed) {
    const reason = hasManyProofs && isProven(finding) ? manyProofs : finding.reason;
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return truncated([...counts].map(([reason, count]) => `${count} suppressed: ${escapeForTerminal(reason)}`));
}

/** The reason of several findings that programs disprove: each of them names other functions. */
const manyProofs =
  'programs do not contain the functions or packages that the advisories are about; clair explain shows each proof';

/** Returns whether the content of the image disproves a finding, and no rule or statement decides. */
function isProven({ justification, decision }: SuppressedMatch): boolean {
  return justification !== undefined && decision === undefined;
}

/** The meaning of low confidence of evidence. */
export const lowConfidenceText =
  'low: only NVD states these versions, and it often lacks the fixes of release lines';

/** Returns the state and the dates of a namespace's advisories. Dates instead of ages, because reports do not depend on the clock. */
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

/** Returns a line with the rating lists and their dates: `Ratings: kev of 2026-05-13, epss of 2026-05-14`. */
export function ratingListLines({ ratings }: Report): string[] {
  const lists = (ratings?.lists ?? []).map(({ source, status, contentDate, reason }) => {
    const date = contentDate === null ? 'of unknown age' : `of ${contentDate.slice(0, 10)}`;
    return `${source} ${date}${status === 'stale' ? ` (stale: ${reason ?? 'it is old'})` : ''}`;
  });
  return lists.length === 0 ? [] : [escapeForTerminal(`Ratings: ${lists.join(', ')}`)];
}

/** Returns lines about attestations and attached VEX documents that do not count; no line without any. */
export function attachedVexLines({ attachedVex }: Report): string[] {
  const { refused = 0, unreadable = [] } = attachedVex ?? {};
  return [
    ...(refused === 0
      ? []
      : [`Attestations of the image that do not count, since no trusted key has signed them: ${refused}`]),
    ...truncated(unreadable.map((why) => escapeForTerminal(`Attached VEX document: ${why}`))),
  ];
}

/** Returns the date of the content if it differs from that of the newest advisory, or states that the age is unknown. */
function contentDateText({ newestAdvisory, contentDate, fetchedAt }: Coverage): string[] {
  if (contentDate === undefined || fetchedAt === null) return [];
  if (contentDate === null) return ['of unknown age'];
  const day = contentDate.slice(0, 10);
  return day === newestAdvisory?.slice(0, 10) ? [] : [`content of ${day}`];
}

/** Returns the problems of extensions that failed, one line per file. */
export function extensionProblemLines(report: Pick<Report, 'statuses'>): string[] {
  const failed = report.statuses.filter((status) => status.status !== 'succeeded');
  const lines = failed.flatMap(({ extension, files }) => {
    const problems = files.filter((file) => file.problem !== null);
    if (problems.length === 0) return [escapeForTerminal(`${extension} failed`)];
    return problems.map((file) => escapeForTerminal(`${extension}: ${file.path}: ${file.problem ?? ''}`));
  });
  return truncated(lines);
}

/** Returns the verdict as a sentence. An incomplete assessment is never clean, whatever the report claims. */
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

/** Returns the text up to the first semicolon or the end of the first sentence. */
export function firstClause(text: string): string {
  return text.split(/; |\. (?=\p{Lu})/u, 1)[0] ?? text;
}

/**
 * Returns the gaps of an assessment: namespaces with incomplete advisories, failed extensions, and findings that the vendor still
 * investigates if there are no others. Empty if it is complete.
 */
export function doubtsOf(report: Report): string[] {
  const gaps = report.coverage.filter(({ status, reason }) => status !== 'complete' || reason !== null);
  const doubts = gaps.map((gap) =>
    escapeForTerminal(`${gap.namespace}: ${gap.reason ?? coverageStatusText[gap.status]}`),
  );
  doubts.push(...extensionProblemLines(report), ...investigationLines(report));
  if (report.coverage.length > 0) return doubts;
  return [report.distro === null ? 'the distribution is unknown' : 'there was nothing to compare', ...doubts];
}

function investigationLines({ verdict, suppressed }: Report): string[] {
  const count = verdict === 'vulnerable' ? 0 : suppressed.filter(isUnderInvestigation).length;
  return count === 0 ? [] : [`the vendor still investigates ${pluralize(count, 'finding')}`];
}

/** Returns whether the assessment is incomplete, with or without findings. */
export function isInDoubt(report: Report): boolean {
  return report.verdict === 'not-assessed' || doubtsOf(report).length > 0;
}

/** Returns the verdict to show. An incomplete assessment is never clean, whatever the report claims. */
export function shownVerdict(report: Report): Verdict {
  return report.verdict === 'clean' && isInDoubt(report) ? 'not-assessed' : report.verdict;
}

/** Counts findings by severity, the worst first. Omits severities without findings. */
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

/** Returns a count with its noun: `1 finding`, `2 findings`. */
export function pluralize(count: number, thing: string, things: string = `${thing}s`): string {
  return `${count} ${count === 1 ? thing : things}`;
}

function truncated(items: readonly string[]): string[] {
  return items.length <= itemsShownMax
    ? [...items]
    : [...items.slice(0, itemsShownMax), `and ${items.length - itemsShownMax} more`];
}

/** Escapes a text for an element or attribute of XML 1.0 (§2.2, §2.4). Characters that XML forbids become U+FFFD. */
export function xmlText(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\t\n\r\x20-\x7e\u0085\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll(/[&<>"'\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Name and version of this scanner, as report formats state it. A test compares it with package.json. */
export const tool = { name: 'clair', version: '0.2.0' } as const;
