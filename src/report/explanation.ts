import { escapeForTerminal } from '../kit/untrusted-text.ts';
import type {
  Explanation,
  ExplanationOutcome,
  PackageExplanation,
  RowCheck,
  RowExplanation,
  SegmentPair,
  VersionComparison,
} from '../model/explanation.ts';
import type { RatingList, ReportVulnerability } from '../model/report.ts';
import type { Display } from '../plugin/report-format.ts';
import { coverageLine, extensionProblemLines, lowConfidenceText } from './report-text.ts';
import { foldWords, padText, paint, type Style } from './terminal-text.ts';
import { imageTitleOf } from './title.ts';

const outcomeText: Readonly<Record<ExplanationOutcome, string>> = {
  reported: 'reported',
  suppressed: 'known, but not counted',
  'not-reported': 'not reported',
  undecided: 'undecided',
};

const outcomeStyles: Readonly<Record<ExplanationOutcome, Style>> = {
  reported: 'red',
  suppressed: 'yellow',
  'not-reported': 'green',
  undecided: 'yellow',
};

/** Widths, in columns, of the labels at the left and of the signs and names of checks. */
const labelColumns = 12;
const signColumns = 2;
const nameColumns = 11;

/** Minimum width of a line, in columns, however narrow the terminal is. */
const columnsMin = 40;

/** Renders an explanation for a terminal: packages, their advisories, and the checks of each advisory. */
export function* explanationLines(explanation: Explanation, display: Display): Iterable<string> {
  const { id, target, distro, packages, remarks, isKnown, coverage, statuses } = explanation;
  const distribution = distro === null ? 'unknown distribution' : (distro.prettyName ?? distro.id);
  const answer = isKnown ? 'not reported' : 'not known';
  if (packages.length === 0) yield `${paint(escapeForTerminal(id), 'bold', display)}: ${answer}\n`;
  for (const item of packages) {
    yield* packageLines(item, explanation, display);
    yield '\n';
  }
  for (const remark of remarks) yield* labelled('note', remark, display);
  yield* labelled('image', `${imageTitleOf(target)}, ${distribution}`, display);
  for (const line of extensionProblemLines(explanation)) yield* labelled('not read', line, display);
  if (statuses.length > 0) yield* labelled('verdict', explanation.verdict.replace('-', ' '), display);
  for (const known of coverage) yield* labelled('advisories', coverageLine(known), display);
}

function* packageLines(
  explained: PackageExplanation,
  { id, lists = [] }: Explanation,
  display: Display,
): Iterable<string> {
  const { package: item, layer, remarks, outcome, reason, vulnerability, rows } = explained;
  const heading = `${escapeForTerminal(id)} in ${escapeForTerminal(`${item.name} ${item.version}`)}`;
  yield `${paint(heading, 'bold', display)}: ${paint(outcomeText[outcome], outcomeStyles[outcome], display)}\n`;
  yield* labelled('because', reason, display);
  if (vulnerability !== null) yield* ratingLines(vulnerability, lists, display);
  const source = item.source === undefined ? '' : `, built from ${item.source.name} ${item.source.version}`;
  yield* labelled('package', `${item.purl}${source}`, display);
  yield* labelled('found in', `${item.location.path}, by ${item.foundBy}`, display);
  if (layer !== null) {
    const name = layer.diffId ?? layer.digest ?? 'no digest';
    yield* labelled('layer', `${layer.position} of ${layer.of}, ${name}`, display);
    if (layer.createdBy !== null) yield* labelled('made by', layer.createdBy, display);
  }
  for (const remark of remarks) yield* labelled('identity', remark, display);
  if (item.proof !== undefined) yield* labelled('proof', item.proof, display);
  for (const row of rows) yield* rowLines(row, display);
}

/** Renders ratings and description of a vulnerability, each rating with its issuer. */
function* ratingLines(
  vulnerability: ReportVulnerability,
  lists: readonly RatingList[],
  display: Display,
): Iterable<string> {
  const { severity, severitySource, cvss, kev, epss, description } = vulnerability;
  const issuer =
    severitySource == null ? 'no rating available; clair scan shows why' : `by ${severitySource}`;
  yield* labelled('severity', `${severity}, ${issuer}`, display);
  for (const { source, vector, score } of cvss)
    yield* labelled(
      'cvss',
      `${score === undefined ? '' : `${score.toFixed(1)} `}${vector}, by ${source}`,
      display,
    );
  if (kev !== null) yield* labelled('exploited', exploitedText(vulnerability, lists), display);
  if (epss !== null) yield* labelled('epss', epssText(epss, lists), display);
  if (description !== null) yield* labelled('about', shortened(description), display);
}

/** Returns a score with the model that computed it and the day, as far as the list states them. */
function epssText(score: number, lists: readonly RatingList[]): string {
  const { model, contentDate } = lists.find(({ source }) => source === 'epss') ?? {};
  const origin = [
    ...(model === undefined ? [] : [`by model ${model}`]),
    ...(contentDate == null ? [] : [`on ${contentDate.slice(0, 10)}`]),
  ].join(' ');
  const meaning = 'the probability of exploitation in 30 days';
  return `${score}, ${meaning}${origin === '' ? '' : `, computed ${origin}`}`;
}

/** Returns who states exploitation, or the date of the list without it. A stale list proves nothing about newer vulnerabilities. */
function exploitedText(
  { kev, exploited = [] }: Pick<ReportVulnerability, 'kev' | 'exploited'>,
  lists: readonly RatingList[],
): string {
  if (kev !== true) {
    const { contentDate = null, status } = lists.find(({ source }) => source === 'kev') ?? {};
    const dated = `not on CISA's KEV list ${contentDate === null ? 'of unknown age' : `of ${contentDate.slice(0, 10)}`}`;
    return status === 'stale' ? `${dated} (stale)` : `no, ${dated}`;
  }
  const sources = exploited.map(({ source, date }) => `by ${source} since ${date.slice(0, 10)}`);
  return ['yes', ...sources].join(', ');
}

/** Maximum length of a description, in characters. Vendors write thousands. */
const descriptionCharactersMax = 500;

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length <= descriptionCharactersMax ? line : `${line.slice(0, descriptionCharactersMax - 1)}…`;
}

function* rowLines(row: RowExplanation, display: Display): Iterable<string> {
  const parts = [
    `${row.advisory} of ${row.source}`,
    ...(row.feed === row.source ? [] : [`in ${row.feed}`]),
    ...(row.fetchedAt === null ? [] : [`fetched ${row.fetchedAt.slice(0, 10)}`]),
    ...(row.modified === null ? [] : [`modified ${row.modified.slice(0, 10)}`]),
    `stored in this form since ${row.knownSince.slice(0, 10)}`,
  ];
  yield* labelled('advisory', parts.join(', '), display);
  if (row.confidence === 'low') yield* labelled('confidence', lowConfidenceText, display);
  for (const check of row.checks) yield* checkLines(check, display);
}

function* checkLines({ name, holds, words, comparisons }: RowCheck, display: Display): Iterable<string> {
  const sign = holds === null ? '?' : holds ? '✓' : '✗';
  const style = holds === null ? 'yellow' : holds ? 'green' : 'red';
  const indent = labelColumns + signColumns + nameColumns;
  const label = `${padText('', labelColumns)}${paint(sign, style, display)} ${padText(name, nameColumns)}`;
  yield* wrapped(label, indent, { words, display });
  for (const comparison of comparisons)
    yield* wrapped(padText('', indent), indent, { words: comparisonText(comparison), display });
}

/** Renders `2 . 36 | 9 +deb 12 u [4 < 10]`: bars separate the parts, brackets mark the deciding segment. */
function comparisonText({ bound, order, parts, versionScheme }: VersionComparison): string {
  if (order === '!') return `${versionScheme} gives no order between it and ${bound}`;
  const pieces = parts.map((part) => part.map(segmentPairText).filter(Boolean).join(' ')).filter(Boolean);
  return `${order} ${bound}: ${pieces.join(' | ')}`;
}

function segmentPairText({ installed, bound, order }: SegmentPair): string {
  if (order === '=') return installed;
  return `[${installed || 'end'} ${order} ${bound || 'end'}]`;
}

function labelled(label: string, text: string, display: Display): Iterable<string> {
  return wrapped(paint(padText(label, labelColumns), 'dim', display), labelColumns, { words: text, display });
}

/** Renders a text behind a label, in lines that fit the terminal. */
function* wrapped(
  label: string,
  indent: number,
  { words, display }: { readonly words: string; readonly display: Display },
): Iterable<string> {
  const plain = escapeForTerminal(words);
  const lines =
    display.columns === undefined
      ? [plain]
      : foldWords(plain, Math.max(display.columns, columnsMin) - indent);
  for (const [i, line] of lines.entries()) yield `${i === 0 ? label : ' '.repeat(indent)}${line}\n`;
}
