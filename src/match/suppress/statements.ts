import { comparableName, isCve } from '../../model/cve.ts';
import type { Match } from '../../model/report.ts';
import type { VexStatement, VexStatus } from '../../model/suppression.ts';
import { productMatches } from './products.ts';
import type { SuppressionSubject } from './subject.ts';

/** Statements by every name of their vulnerability. */
export type StatementIndex = Pick<ReadonlyMap<string, readonly VexStatement[]>, 'get'>;

/** Indexes statements by the names of their vulnerabilities. */
export function indexStatements(statements: readonly VexStatement[]): StatementIndex {
  const named = statements.flatMap((statement) =>
    statement.ids.map((id) => ({ id: comparableName(id), statement })),
  );
  return new Map(
    [...Map.groupBy(named, ({ id }) => id)].map(([id, entries]) => [
      id,
      entries.map(({ statement }) => statement),
    ]),
  );
}

/** The priority of a status among statements of the same time: the more pessimistic, the higher. */
const statusRank: Readonly<Record<VexStatus, number>> = {
  fixed: 0,
  not_affected: 1,
  under_investigation: 2,
  affected: 3,
};

/** Returns all statements on a finding in descending priority: the newest first, and on equal times the most pessimistic. */
export function statementsOn(
  finding: Match,
  index: StatementIndex,
  subject: SuppressionSubject,
): VexStatement[] {
  const { id, aliases } = finding.vulnerability;
  const named = new Set([id, ...aliases].flatMap((name) => index.get(comparableName(name)) ?? []));
  return [...named]
    .filter((statement) => isAbout(statement, id) && statementMatches(statement, finding, subject))
    .sort((a, b) => timeOf(b) - timeOf(a) || statusRank[b.status] - statusRank[a.status]);
}

/** An advisory may also be another name of several CVEs. If a statement names CVEs, it is about these. */
function isAbout({ ids }: VexStatement, id: string): boolean {
  const names = ids.map(comparableName);
  return !isCve(id) || names.includes(id) || !names.some(isCve);
}

function statementMatches(
  { products, status }: VexStatement,
  finding: Match,
  subject: SuppressionSubject,
): boolean {
  const isPinned = status === 'fixed';
  return products.some((product) => productMatches(product, finding.package, { subject, isPinned }));
}

/** A statement without a time counts as the oldest. */
function timeOf({ time }: VexStatement): number {
  return time === undefined ? 0 : Date.parse(time);
}
