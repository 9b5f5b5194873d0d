import type { PeerReport } from '../../model/peer-report.ts';
import type { VersionScheme } from '../../plugin/version-scheme.ts';
import type { ComparedEntry, EntryIndex, OwnPackage, OwnReport } from './compared-findings.ts';
import type { PackageIndex } from './package-index.ts';
import type { GroupedNames } from './vulnerability-names.ts';

/** The answer of the advisories in the database about a vulnerability and a package. */
export interface AdvisoryAnswer {
  /** `applies` if the package is vulnerable; otherwise the check that fails, or what is missing. */
  readonly outcome:
    | 'applies'
    | 'undecided'
    | 'version'
    | 'state'
    | 'build'
    | 'package'
    | 'source'
    | 'namespace'
    | 'no-row'
    | 'no-record';
  /** In plain English. */
  readonly words: string;
  /** The groups of all names that the records have. */
  readonly names: GroupedNames;
  /** The last change of the oldest record, ISO 8601. Absent if unknown. */
  readonly modified?: string;
}

/** A finding that only one report counts. */
export interface FindingDifference {
  readonly reportedBy: 'clair' | 'peer';
  readonly entry: ComparedEntry;
  /** Absent until it is asked for, and if the database has no advisories for the package. */
  readonly answer?: AdvisoryAnswer;
}

/** Both reports, for rules. */
export interface FindingContext {
  readonly own: {
    readonly report: OwnReport;
    readonly packages: PackageIndex;
    /** Packages with members that other scanners lack, by `packageKeyOf`. */
    readonly details: ReadonlyMap<string, OwnPackage>;
    readonly counted: EntryIndex;
    readonly suppressed: EntryIndex;
    readonly unread: ReadonlySet<string>;
  };
  readonly peer: {
    readonly report: PeerReport;
    /** All packages that the report names, also those without a list. */
    readonly packages: PackageIndex;
    readonly counted: EntryIndex;
    readonly suppressed: EntryIndex;
    /** Whether each finding that counts has a fix. False for a report with few. */
    readonly hasOnlyFixed: boolean;
    /** The lowest severity of a finding that counts. Unknown for a report with few. */
    readonly lowestSeverity: ComparedEntry['severity'];
    /** Findings that both reports have, by `sourceFindingKey`. */
    readonly agreedSources: ReadonlySet<string>;
  };
  readonly schemes: readonly VersionScheme[];
}

/** A rule that explains why only one report counts a finding. */
export interface FindingRule {
  readonly id: string;
  readonly sentence: string;
  /** Whether advisories in the database give a better reason, if there are any. */
  readonly isFallback?: true;
  /** Returns what the rule has found, or an empty text if its sentence says all. Undefined if it does not explain the difference. */
  explain(difference: FindingDifference, context: FindingContext): string | undefined;
}

/** Returns whether a rule explains a finding, or what it has found. */
type Predicate = (
  entry: ComparedEntry,
  context: FindingContext,
  answer: AdvisoryAnswer | undefined,
) => boolean | string | undefined;

/** Creates a rule for findings that only the other scanner counts. */
export function peerRule(id: string, sentence: string, predicate: Predicate): FindingRule {
  return ruleOf('peer', id, { sentence, predicate });
}

/** Creates a rule for findings that only Clair counts. */
export function clairRule(id: string, sentence: string, predicate: Predicate): FindingRule {
  return ruleOf('clair', id, { sentence, predicate });
}

function ruleOf(
  reportedBy: FindingDifference['reportedBy'],
  id: string,
  { sentence, predicate }: { readonly sentence: string; readonly predicate: Predicate },
): FindingRule {
  return {
    id: `${reportedBy}/${id}`,
    sentence,
    explain(difference, context) {
      if (difference.reportedBy !== reportedBy) return undefined;
      const found = predicate(difference.entry, context, difference.answer);
      if (found === undefined || found === false) return undefined;
      return found === true ? '' : found;
    },
  };
}

/** Returns a key of a vulnerability of all packages that were built from one source package. */
export function sourceFindingKey({ sourceKey }: Pick<ComparedEntry, 'sourceKey'>, name: string): string {
  return sourceKey === undefined ? '' : `${sourceKey}\n${name}`;
}
