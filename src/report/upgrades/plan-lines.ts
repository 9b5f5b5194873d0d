import { listSome } from '../../kit/collections.ts';
import { escapeForTerminal } from '../../kit/untrusted-text.ts';
import { isUnderInvestigation, type Report } from '../../model/report.ts';
import { type Severity, severities } from '../../model/severity.ts';
import type {
  FindingSum,
  ImageUpgradePlan,
  PlannedUpgrade,
  RemainingFindings,
  UpgradePrior,
} from '../../model/upgrade.ts';
import type { Display } from '../../plugin/report-format.ts';
import { doubtsOf, fixStateText, pluralize } from '../report-text.ts';
import { foldWords, paint } from '../terminal-text.ts';
import { imageTitleOf } from '../title.ts';

/** Maximum number of findings that are listed for one reason; the others are counted. */
const remainingShownMax = 10;

/** Minimum width of folded lines, in columns. */
const columnsMin = 40;

/** Renders the upgrades of an image for a terminal: what to do first, what is left, and what is not known. */
export function* upgradePlanLines(plan: ImageUpgradePlan, display: Display): Iterable<string> {
  const width = Math.max(display.columns ?? Number.POSITIVE_INFINITY, columnsMin);
  yield `${paint(escapeForTerminal(imageTitleOf(plan.target)), 'bold', display)}\n\n`;
  for (const upgrade of plan.upgrades) {
    yield* indented(`${upgrade.rank}. `, escapeForTerminal(upgrade.text), width);
    yield* indented('   ', escapeForTerminal(effectText(upgrade, plan)), width);
  }
  if (plan.upgrades.length > 0) yield '\n';
  for (const line of upgradeSummaryLines(plan)) yield* indented('', escapeForTerminal(line), width);
  if (plan.remaining.length > 0) yield '\n';
  for (const group of plan.remaining) yield* indented('', escapeForTerminal(remainingText(group)), width);
  for (const doubt of plan.doubts) yield* indented('', `Not judged: ${escapeForTerminal(doubt)}`, width);
}

/** Returns what an upgrade does: `closes 3 findings (1 High, 2 Low); removes 62.1 % of the risk, 37.9 % is left`. */
export function effectText({ closes, gain, residual }: PlannedUpgrade, { risk }: ImageUpgradePlan): string {
  const share = (part: number): string => percentOf(part, risk.before);
  return `closes ${findingSumText(closes)}; removes ${share(gain)} of the risk, ${share(residual)} is left`;
}

/** Returns the numbers before and after, and how the risk was estimated. */
export function upgradeSummaryLines(plan: ImageUpgradePlan): string[] {
  const { upgrades, before, after, priors } = plan;
  const what =
    upgrades.length === 0
      ? 'No upgrade closes any of them.'
      : `After ${allOf(upgrades.length)}: ${findingSumText(after)}.`;
  return [
    `Before: ${findingSumText(before)}.${before.findings === 0 ? '' : ` ${what}`}`,
    ...priors.map(priorText),
  ];
}

function allOf(count: number): string {
  return count === 1 ? 'the upgrade' : `these ${count} upgrades`;
}

/** Returns the numbers of a sum: `3 findings (1 Critical, 2 Low), 1 exploited`. */
export function findingSumText(sum: FindingSum): string {
  const parts = severities
    .toReversed()
    .flatMap((severity: Severity) => (sum[severity] === 0 ? [] : [`${sum[severity]} ${severity}`]));
  const exploited = sum.exploited > 0 ? `, ${sum.exploited} exploited` : '';
  return `${pluralize(sum.findings, 'finding')}${parts.length === 0 ? '' : ` (${parts.join(', ')})`}${exploited}`;
}

/** Returns how the risk of findings without an EPSS score was estimated. */
export function priorText({ severity, findings, probability, by, scores }: UpgradePrior): string {
  const source =
    by === 'median'
      ? `the median of ${pluralize(scores, 'score')} of this severity`
      : 'a constant, because too few of this severity have a score';
  return `${pluralize(findings, `${severity} finding has`, `${severity} findings have`)} no EPSS score: ${findings === 1 ? 'it counts' : 'they count'} as ${percentOf(probability, 1)}, ${source}.`;
}

/** Returns why findings are left, and which: `2 left, no fix yet: CVE-2024-1 (zlib), …`. */
export function remainingText({ reason, sum, findings }: RemainingFindings): string {
  const names = findings.map(({ id, package: item }) => `${id} (${item.name})`);
  return `${sum.findings} left, ${remainingReasonText[reason]}: ${listSome(names, remainingShownMax)}`;
}

/** Texts of the reasons why findings are left. */
export const remainingReasonText: Readonly<Record<RemainingFindings['reason'], string>> = {
  ...fixStateText,
  'not-closed': 'another advisory still affects the fixed version, or the versions have no order',
  'not-listed': 'closed by upgrades that --limit leaves out',
};

/** Returns a share in per cent, with one digit, and more if it would be 0. */
function percentOf(part: number, whole: number): string {
  const percent = whole === 0 ? 0 : (part / whole) * 100;
  if (percent === 0) return '0 %';
  return percent < 0.05 ? `${percent.toPrecision(1)} %` : `${percent.toFixed(1)} %`;
}

function* indented(head: string, text: string, width: number): Iterable<string> {
  const blank = ' '.repeat(head.length);
  for (const [i, line] of foldWords(text, width - head.length).entries())
    yield `${i === 0 ? head : blank}${line}\n`;
}

/** Returns what could not be judged in an image, as texts for people. The plan of its upgrades does not cover it. */
export function unjudgedParts(report: Report): string[] {
  const investigated = report.suppressed.filter(isUnderInvestigation).length;
  const isCounted = report.verdict !== 'vulnerable';
  return [
    ...doubtsOf(report),
    ...(investigated === 0 || isCounted
      ? []
      : [`the vendor still investigates ${pluralize(investigated, 'finding')}`]),
    ...(report.ratings?.knowsExploited === true
      ? []
      : ['the list of exploited vulnerabilities (KEV) is not loaded']),
  ];
}
