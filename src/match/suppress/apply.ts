import { compareMatches } from '../../model/order.ts';
import { isUnderInvestigation, type Match, type Report, type SuppressedMatch } from '../../model/report.ts';
import type { IgnoreRule, SuppressionDecision, VexDocument, VexStatement } from '../../model/suppression.ts';
import type { VersionScheme } from '../../plugin/version-scheme.ts';
import { verdictOf, withFindings } from '../verdict.ts';
import { indexRules, ruleMatches } from './ignore-rules.ts';
import { indexStatements, statementsOn } from './statements.ts';
import { suppressionSubjectOf } from './subject.ts';

/** The rules and VEX statements that exclude findings from the count. */
export interface Suppressions {
  /** The rules that apply today. */
  readonly rules: readonly IgnoreRule[];
  readonly statements: readonly VexStatement[];
}

/** Dependencies of `applySuppressions` besides the report. */
export interface SuppressionDeps {
  /** Whether everything is known that a `clean` verdict needs. */
  readonly isKnown: boolean;
  readonly schemes: readonly VersionScheme[];
}

/** A report after suppression, and the rules and statements that matched something in it. */
export interface SuppressionResult {
  readonly report: Report;
  readonly rules: ReadonlySet<IgnoreRule>;
  readonly documents: ReadonlySet<VexDocument>;
}

/**
 * Moves findings to the suppressed ones: those that VEX calls not affected or fixed, then those that a rule matches. Findings that the
 * vendor still investigates get the decision as well. If no finding is left, the image is clean, provided that everything is known that
 * this needs.
 */
export function applySuppressions(
  report: Report,
  { isKnown, schemes }: SuppressionDeps,
  { rules, statements }: Suppressions,
): SuppressionResult {
  const subject = suppressionSubjectOf(report, schemes);
  const index = indexStatements(statements);
  const rulesOn = indexRules(rules);
  const used = { rules: new Set<IgnoreRule>(), documents: new Set<VexDocument>() };
  const decide = (finding: Match): StatedDecision | undefined => {
    const applicable = statementsOn(finding, index, subject);
    const covering = rulesOn(finding).filter((rule) => ruleMatches(rule, finding, subject));
    for (const { document } of applicable) used.documents.add(document);
    for (const rule of covering) used.rules.add(rule);
    return decisionOf(applicable[0], covering[0]);
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
  const findings = { matches, suppressed: [...undecided, ...suppressed].sort(compareMatches) };
  return {
    report: { ...withFindings(report, findings), verdict: verdictOf(findings, isKnown) },
    ...used,
  };
}

/** A decision of a rule or statement. */
type StatedDecision = Exclude<SuppressionDecision, { by: 'option' }>;

function decisionOf(
  statement: VexStatement | undefined,
  rule: IgnoreRule | undefined,
): StatedDecision | undefined {
  if (statement?.status === 'not_affected' || statement?.status === 'fixed')
    return { by: 'vex', statement: statement };
  return rule && { by: 'ignore', rule };
}

function suppress(finding: Match, decision: StatedDecision): SuppressedMatch {
  const reason = decision.by === 'vex' ? statementReason(decision.statement) : ruleReason(decision.rule);
  return { ...finding, reason, decision };
}

/** Returns why a rule suppresses a finding, and until when. */
export function ruleReason({ place, reason, expires }: IgnoreRule): string {
  return `ignored by ${place}${expires === undefined ? '' : ` until ${expires}`}: ${reason}`;
}

/** Returns the content, author and time of a statement. */
export function statementReason({ status, justification, words, document, time }: VexStatement): string {
  const when = time === undefined ? '' : ` of ${time.slice(0, 10)}`;
  const text = `${status.replace('_', ' ')}, says ${document.author} (${document.id}${when})`;
  const why = [justification?.replaceAll('_', ' '), words].filter(
    (part) => part !== undefined && part !== '',
  );
  return why.length === 0 ? text : `${text}: ${why.join('; ')}`;
}
