import type { Comparison, ComparisonDifference, PeerComparison, RuleCount } from '../../model/comparison.ts';
import { isCve } from '../../model/cve.ts';
import { compareText } from '../../model/order.ts';
import type { PeerPackage, PeerReport } from '../../model/peer-report.ts';
import { compareSeverity, type Severity } from '../../model/severity.ts';
import type { VersionScheme } from '../../plugin/version-scheme.ts';
import {
  type ComparedEntry,
  EntryIndex,
  isSuppressed,
  type OwnPackage,
  type OwnReport,
  ownEntries,
  ownPackage,
  peerEntries,
} from './compared-findings.ts';
import {
  type AdvisoryAnswer,
  type FindingContext,
  type FindingDifference,
  type FindingRule,
  sourceFindingKey,
} from './finding-rule.ts';
import { findingRules } from './finding-rules.ts';
import { PackageIndex, packageKeyOf } from './package-index.ts';
import { AliasGroups } from './vulnerability-names.ts';

/** The report of another scanner, and the file that it was read from. */
export interface PeerReportFile {
  readonly reference: string;
  readonly report: PeerReport;
}

/** The answer of the database about a finding that only one report has. `records`: the names of each record. */
export interface StoredAnswer extends Omit<AdvisoryAnswer, 'names'> {
  readonly records: readonly (readonly string[])[];
}

/** A vulnerability and a package that advisories are asked about. */
export type AdvisoryQuestion = Pick<ComparedEntry, 'id' | 'aliases' | 'package'>;

/** Dependencies of `compareWithPeers`. */
export interface CompareDeps {
  readonly schemes: readonly VersionScheme[];
  /**
   * Returns an answer for each question. It is undefined if the database has no advisories for the package, or the image no such package.
   */
  ask(questions: readonly AdvisoryQuestion[]): Promise<readonly (StoredAnswer | undefined)[]>;
}

/** From this number of findings on, a severity or a fix that all have shows how the other scanner was run. */
const filterFindingsMin = 2;

/** Id of the rule of all differences that no other rule explains. */
const unexplained: Omit<RuleCount, 'count'> = {
  id: 'unexplained',
  sentence: 'No rule explains the difference.',
};

/**
 * Aligns the findings of a report with those of other scanners, by vulnerability and package. Explains each difference by the first rule
 * that applies. Two names are of one vulnerability if any of the reports has both as names of one.
 */
export async function compareWithPeers(
  own: OwnReport,
  peers: readonly PeerReportFile[],
  deps: CompareDeps,
): Promise<Comparison> {
  const groups = new AliasGroups();
  for (const { vulnerability } of [...own.matches, ...own.suppressed]) groups.add(vulnerability);
  for (const { report } of peers) for (const finding of report.findings) groups.add(finding);
  const entries = ownEntries(own, groups);
  const compared: PeerComparison[] = [];
  for (const file of peers) compared.push(await comparePeer({ own, entries, groups, deps }, file));
  return {
    schemaVersion: 1,
    target: {
      reference: own.target.reference,
      packages: own.packages.length,
      findings: entries.filter((entry) => !isSuppressed(entry)).length,
      verdict: own.verdict,
    },
    peers: compared,
  };
}

interface OwnSide {
  readonly own: OwnReport;
  readonly entries: readonly ComparedEntry[];
  readonly groups: AliasGroups;
  readonly deps: CompareDeps;
}

async function comparePeer(side: OwnSide, { reference, report }: PeerReportFile): Promise<PeerComparison> {
  const theirs = peerEntries(report, side.groups);
  const context = contextOf(side, report, theirs);
  const counted = { own: countedOf(side.entries), peer: countedOf(theirs) };
  const onlyClair = counted.own.filter((entry) => context.peer.counted.find(entry) === undefined);
  const onlyPeer = counted.peer.filter((entry) => context.own.counted.find(entry) === undefined);
  const differences = [
    ...(await explainAll('clair', onlyClair, { side, context })),
    ...(await explainAll('peer', onlyPeer, { side, context })),
  ].sort(unexplainedFirst);
  const rules = countRules(differences);
  return {
    reference,
    format: report.format,
    tool: report.tool,
    dataDate: report.dataDate ?? null,
    packages: report.packages?.length ?? null,
    findings: counted.peer.length,
    agreed: counted.own.length - onlyClair.length,
    onlyClair: onlyClair.length,
    onlyPeer: onlyPeer.length,
    unexplained: rules.find(({ id }) => id === unexplained.id)?.count ?? 0,
    rules,
    differences,
  };
}

function countedOf(entries: readonly ComparedEntry[]): ComparedEntry[] {
  return entries.filter((entry) => !isSuppressed(entry));
}

function contextOf(
  { own, entries, deps }: OwnSide,
  report: PeerReport,
  theirs: readonly ComparedEntry[],
): FindingContext {
  const counted = countedOf(theirs);
  const peerCounted = new EntryIndex(counted);
  const isMany = counted.length >= filterFindingsMin;
  return {
    own: {
      report: own,
      packages: new PackageIndex(own.packages.flatMap(namesOfPackage)),
      details: new Map(own.packages.flatMap(keyedPackage)),
      counted: new EntryIndex(countedOf(entries)),
      suppressed: new EntryIndex(entries.filter(isSuppressed)),
      unread: new Set((own.unread ?? []).flatMap(({ paths }) => paths.map((path) => `/${path}`))),
    },
    peer: {
      report,
      packages: new PackageIndex([...(report.packages ?? []), ...theirs.map((entry) => entry.package)]),
      counted: peerCounted,
      suppressed: new EntryIndex(theirs.filter(isSuppressed)),
      hasOnlyFixed: isMany && counted.every(({ fixedVersions }) => fixedVersions.length > 0),
      lowestSeverity: isMany ? lowestOf(counted) : 'Unknown',
      agreedSources: new Set(
        countedOf(entries)
          .filter((entry) => peerCounted.find(entry) !== undefined)
          .flatMap((entry) => Array.from(entry.names.own, (name) => sourceFindingKey(entry, name)))
          .filter((key) => key !== ''),
      ),
    },
    schemes: deps.schemes,
  };
}

/** A package, and the source package that it was built from: scanners name either. */
function namesOfPackage(item: OwnPackage): PeerPackage[] {
  const found = ownPackage(item);
  return item.source === undefined ? [found] : [{ ...found, ...item.source }, found];
}

function keyedPackage(item: OwnPackage): [string, OwnPackage][] {
  const { name, version } = item;
  return ['', item.type].map((type) => [packageKeyOf({ type, name, version }), item]);
}

function lowestOf(entries: readonly ComparedEntry[]): Severity {
  return entries
    .map(({ severity }) => severity)
    .reduce((lowest, next) => (compareSeverity(next, lowest) < 0 ? next : lowest), 'Defcon1');
}

/** Explains differences, first by the reports alone, and the rest by the advisories in the database. */
async function explainAll(
  reportedBy: FindingDifference['reportedBy'],
  entries: readonly ComparedEntry[],
  { side, context }: { readonly side: OwnSide; readonly context: FindingContext },
): Promise<ComparisonDifference[]> {
  const plain = entries.map((entry) => explain({ reportedBy, entry }, context, strongRules));
  const open = entries.filter((_, i) => plain[i]?.rule === unexplained.id);
  const answers = await side.deps.ask(open);
  const asked = open.map((entry, i) => {
    const stored = answers[i];
    const answer = stored && { ...stored, names: groupsOfRecords(stored, side.groups) };
    return explain({ reportedBy, entry, ...(answer && { answer }) }, context, findingRules);
  });
  return [...plain.filter(({ rule }) => rule !== unexplained.id), ...asked];
}

/** The names of records that are each about one vulnerability. */
function groupsOfRecords({ records }: StoredAnswer, groups: AliasGroups): AdvisoryAnswer['names'] {
  const [id = '', ...aliases] = records.filter((names) => names.filter(isCve).length <= 1).flat();
  return groups.groupsOf({ id, aliases, advisories: [] });
}

/** Rules that need no advisories. */
const strongRules = findingRules.filter(({ isFallback }) => isFallback !== true);

function explain(
  difference: FindingDifference,
  context: FindingContext,
  rules: readonly FindingRule[],
): ComparisonDifference {
  const { id, aliases, severity, package: item } = difference.entry;
  const { type, name, version, paths } = item;
  const base = {
    reportedBy: difference.reportedBy,
    id,
    aliases,
    severity,
    package: { type, name, version, paths },
  };
  for (const rule of rules) {
    const detail = rule.explain(difference, context);
    if (detail !== undefined) return { ...base, rule: rule.id, ...(detail !== '' && { detail }) };
  }
  return { ...base, rule: unexplained.id };
}

/** The order of output: the unexplained first, then the most severe. */
function unexplainedFirst(a: ComparisonDifference, b: ComparisonDifference): number {
  const rank = ({ rule }: ComparisonDifference): number => (rule === unexplained.id ? 0 : 1);
  return (
    rank(a) - rank(b) ||
    compareText(a.reportedBy, b.reportedBy) ||
    compareSeverity(b.severity, a.severity) ||
    compareText(a.package.name, b.package.name) ||
    compareText(a.id, b.id) ||
    compareText(a.package.version, b.package.version)
  );
}

function countRules(differences: readonly ComparisonDifference[]): RuleCount[] {
  const counts = new Map<string, number>();
  for (const { rule } of differences) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  return [unexplained, ...findingRules]
    .map(({ id, sentence }) => ({ id, sentence, count: counts.get(id) ?? 0 }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count);
}
