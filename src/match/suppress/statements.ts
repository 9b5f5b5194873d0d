import { isCve } from '../../model/cve.ts';
import type { Match } from '../../model/report.ts';
import type { VexStatement, VexStatus } from '../../model/suppression.ts';
import { productMatches } from './products.ts';
import type { SuppressionSubject } from './subject.ts';

/** Statements by every name of their vulnerability. */
export type StatementIndex = ReadonlyMap<string, readonly VexStatement[]>;

/** Lays statements down by what they are about. */
export function indexStatements(statements: readonly VexStatement[]): StatementIndex {
  const named = statements.flatMap((statement) =>
    statement.ids.map((id) => ({ id: id.toUpperCase(), statement })),
  );
  return new Map(
    [...Map.groupBy(named, ({ id }) => id)].map(([id, entries]) => [
      id,
      entries.map(({ statement }) => statement),
    ]),
  );
}

/** The worse a status, the more it counts among statements of the same time. */
const statusRank: Readonly<Record<VexStatus, number>> = {
  fixed: 0,
  not_affected: 1,
  under_investigation: 2,
  affected: 3,
};

/** All statements on a finding, the one that counts first: the latest, and of several at once the one that promises least. */
export function statementsOn(
  finding: Match,
  index: StatementIndex,
  subject: SuppressionSubject,
): VexStatement[] {
  const { id, aliases } = finding.vulnerability;
  const named = new Set([id, ...aliases].flatMap((name) => index.get(name.toUpperCase()) ?? []));
  return [...named]
    .filter((statement) => isAbout(statement, id) && statementMatches(statement, finding, subject))
    .sort((a, b) => timeOf(b) - timeOf(a) || statusRank[b.status] - statusRank[a.status]);
}

/** An advisory, too, may be another name of a CVE, and of others besides: where a statement names CVEs, it is about these. */
function isAbout({ ids }: VexStatement, id: string): boolean {
  const names = ids.map((name) => name.toUpperCase());
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

/** Who does not say when is taken to have spoken first. */
function timeOf({ time }: VexStatement): number {
  return time === undefined ? 0 : Date.parse(time);
}
