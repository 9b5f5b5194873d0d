import type { Match } from '../../model/report.ts';
import type { IgnoreRule, SuppressionDecision, VexStatement } from '../../model/suppression.ts';
import { indexRules, ruleMatches } from './ignore-rules.ts';
import { indexStatements, type StatementIndex, statementsOn } from './statements.ts';
import type { SuppressionSubject } from './subject.ts';

/** The rules and VEX statements that exclude findings from the count. */
export interface Suppressions {
  /** The rules that apply today. */
  readonly rules: readonly IgnoreRule[];
  readonly statements: readonly VexStatement[];
}

/** A file of rules or a VEX document. */
export interface SuppressionFile {
  /** Its end decides the format: `.json` is VEX, any other a file of rules. */
  readonly name: string;
  readonly content: string;
}

/** Reads a file. Throws `config-invalid` with the line of the first error. */
export type ParseSuppressions = (file: SuppressionFile) => Suppressions;

/** Rules and statements that can be found by a finding. */
export interface SuppressionIndex {
  readonly isEmpty: boolean;
  readonly rulesOn: (finding: Match) => readonly IgnoreRule[];
  readonly statements: StatementIndex;
}

/** A decision of a rule or statement. */
export type StatedDecision = Exclude<SuppressionDecision, { by: 'option' }>;

/** The rules and statements that match a finding. */
export interface MatchingSuppressions {
  /** Undefined if the finding counts. */
  readonly decision: StatedDecision | undefined;
  readonly rules: readonly IgnoreRule[];
  /** The newest first. */
  readonly statements: readonly VexStatement[];
}

/** Indexes rules and statements. One index serves any number of images. */
export function indexSuppressions({ rules, statements }: Suppressions): SuppressionIndex {
  return {
    isEmpty: rules.length === 0 && statements.length === 0,
    rulesOn: indexRules(rules),
    statements: indexStatements(statements),
  };
}

/** Adds statements about one image to an index. */
export function withStatements(
  { rulesOn, ...index }: SuppressionIndex,
  statements: readonly VexStatement[],
): SuppressionIndex {
  if (statements.length === 0) return { rulesOn, ...index };
  const own = indexStatements(statements);
  const get: StatementIndex['get'] = (name) => [
    ...(index.statements.get(name) ?? []),
    ...(own.get(name) ?? []),
  ];
  return { isEmpty: false, rulesOn, statements: { get } };
}

/**
 * Returns what rules and statements say of a finding of an image, given as a subject for each of its names. The finding counts if it counts
 * under one of the names: a statement on one repository must not suppress findings of another.
 */
export function suppressionsOn(
  finding: Match,
  index: SuppressionIndex,
  subjects: readonly SuppressionSubject[],
): MatchingSuppressions {
  let first: MatchingSuppressions | undefined;
  for (const subject of subjects) {
    const found = suppressionsUnderName(finding, index, subject);
    if (found.decision === undefined) return found;
    first ??= found;
  }
  return first ?? { decision: undefined, rules: [], statements: [] };
}

/** A statement that a finding is not affected or fixed precedes a rule. */
function suppressionsUnderName(
  finding: Match,
  index: SuppressionIndex,
  subject: SuppressionSubject,
): MatchingSuppressions {
  const statements = statementsOn(finding, index.statements, subject);
  const rules = index.rulesOn(finding).filter((rule) => ruleMatches(rule, finding, subject));
  return { decision: decisionOf(statements[0], rules[0]), rules, statements };
}

function decisionOf(
  statement: VexStatement | undefined,
  rule: IgnoreRule | undefined,
): StatedDecision | undefined {
  if (statement?.status === 'not_affected' || statement?.status === 'fixed')
    return { by: 'vex', statement: statement };
  return rule && { by: 'ignore', rule };
}

/** Returns why a decision suppresses a finding. */
export function decisionReason(decision: StatedDecision): string {
  return decision.by === 'vex' ? statementReason(decision.statement) : ruleReason(decision.rule);
}

/** Returns why a rule suppresses a finding, and until when. */
export function ruleReason({ place, reason, expires }: IgnoreRule): string {
  return `ignored by ${place}${expires === undefined ? '' : ` until ${expires}`}: ${reason}`;
}

/** Returns the content, author, time and origin of a statement. */
export function statementReason({ status, justification, words, document, time }: VexStatement): string {
  const when = time === undefined ? '' : ` of ${time.slice(0, 10)}`;
  const text = `${status.replace('_', ' ')}, says ${document.author} (${document.id}${when})${originOf(document)}`;
  const why = [justification?.replaceAll('_', ' '), words].filter(
    (part) => part !== undefined && part !== '',
  );
  return why.length === 0 ? text : `${text}: ${why.join('; ')}`;
}

function originOf({ attachment }: VexStatement['document']): string {
  if (attachment === undefined) return '';
  const { repository, digest, signer } = attachment;
  return `, attached to ${repository} as ${digest}, signed by the key ${signer}`;
}
