import { compareMatches } from '../../model/order.ts';
import { isUnderInvestigation, type Match, type Report, type SuppressedMatch } from '../../model/report.ts';
import type { IgnoreRule, VexDocument } from '../../model/suppression.ts';
import type { VersionScheme } from '../../plugin/version-scheme.ts';
import { verdictOf, withFindings } from '../verdict.ts';
import {
  decisionReason,
  indexSuppressions,
  type StatedDecision,
  type SuppressionIndex,
  type Suppressions,
  suppressionsOn,
} from './decide.ts';
import { claimedSubjectOf, isProven, subjectsNamed, suppressionSubjectOf } from './subject.ts';

/** Dependencies of `applySuppressions` besides the report. */
export interface SuppressionDeps {
  /** Whether everything is known that a `clean` verdict needs. */
  readonly isKnown: boolean;
  readonly schemes: readonly VersionScheme[];
  /** Current names of the image, `repository:tag`. Absent if the report is for the name of its target only. */
  readonly names?: readonly string[];
}

/** A report after suppression, and the rules and statements that matched something in it. */
export interface SuppressionResult {
  readonly report: Report;
  readonly rules: ReadonlySet<IgnoreRule>;
  readonly documents: ReadonlySet<VexDocument>;
  /** Those whose statements name the image by a digest that its layers do not prove, so that they matched nothing. */
  readonly unproven: ReadonlySet<VexDocument>;
}

/**
 * Moves findings to the suppressed ones: those that VEX calls not affected or fixed, then those that a rule matches. Findings that the
 * vendor still investigates get the decision as well. If no finding is left, the image is clean, provided that everything is known that
 * this needs.
 */
export function applySuppressions(
  report: Report,
  deps: SuppressionDeps,
  suppressions: Suppressions,
): SuppressionResult {
  return applySuppressionIndex(report, deps, indexSuppressions(suppressions));
}

/** The same with an index, which serves several reports. */
export function applySuppressionIndex(
  report: Report,
  { isKnown, schemes, names = [] }: SuppressionDeps,
  index: SuppressionIndex,
): SuppressionResult {
  const subjects = subjectsNamed(suppressionSubjectOf(report, schemes), names);
  const used = { rules: new Set<IgnoreRule>(), documents: new Set<VexDocument>() };
  const decide = (finding: Match): StatedDecision | undefined => {
    const { decision, rules, statements } = suppressionsOn(finding, index, subjects);
    for (const { document } of statements) used.documents.add(document);
    for (const rule of rules) used.rules.add(rule);
    return decision;
  };
  const decided = report.matches.map((finding) => ({ finding, decision: decide(finding) }));
  const undecided = report.suppressed.map((finding) => {
    const decision = decide(finding);
    return decision !== undefined && isUnderInvestigation(finding) ? suppress(finding, decision) : finding;
  });
  const matches = decided.flatMap(({ finding, decision }) => (decision === undefined ? [finding] : []));
  const suppressed = decided.flatMap(({ finding, decision }) =>
    decision === undefined ? [] : [suppress(finding, decision)],
  );
  const claimed = isProven(report) ? [] : documentsByDigest(report, schemes, index);
  const findings = { matches, suppressed: [...undecided, ...suppressed].sort(compareMatches) };
  return {
    report: { ...withFindings(report, findings), verdict: verdictOf(findings, isKnown) },
    ...used,
    unproven: new Set(claimed.filter((document) => !used.documents.has(document))),
  };
}

/** Returns the documents with statements that match a finding if the digests that the image claims are right. */
function documentsByDigest(
  report: Report,
  schemes: readonly VersionScheme[],
  index: SuppressionIndex,
): VexDocument[] {
  const subject = claimedSubjectOf(report, schemes);
  const statements = [...report.matches, ...report.suppressed].flatMap(
    (finding) => suppressionsOn(finding, index, [subject]).statements,
  );
  return statements.map(({ document }) => document);
}

/** Returns a finding with the decision that suppresses it. */
export function suppress(finding: Match, decision: StatedDecision): SuppressedMatch {
  return { ...finding, reason: decisionReason(decision), decision };
}
