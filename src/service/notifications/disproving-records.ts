import type { Match } from '../../model/report.ts';
import type { AsOf } from '../../store/page.ts';
import type { Store } from '../../store/store.ts';
import type { StoredVulnerability } from '../../store/vulnerability-store.ts';

/** Records on the vulnerabilities of other records that may show that a program is not affected. */
export interface DisprovingRecords {
  /** Their numbers. */
  readonly numbers: readonly number[];
  /** Whether a finding comes from one of the other records. */
  readonly isWanted: (finding: Match) => boolean;
}

/**
 * Returns the records of Go that name functions and the same vulnerability as these records. An advisory of GitHub names no
 * functions, and a report decides by those that do.
 */
export async function disprovingRecords(
  records: readonly StoredVulnerability[],
  { vulnerabilities }: Pick<Store, 'vulnerabilities'>,
  at?: AsOf,
): Promise<DisprovingRecords> {
  const ofGo = records.filter(({ affected }) =>
    affected.some(({ namespace }) => namespace.versionScheme === 'go'),
  );
  if (ofGo.length === 0) return { numbers: [], isWanted: () => true };
  const keys = new Set(records.map(keyOf));
  const numbers = new Set<number>();
  for (const name of new Set(ofGo.flatMap(({ id, aliases }) => [id, ...aliases])))
    for (const number of await vulnerabilities.findNumbersById(name, at)) numbers.add(number);
  const related = (await vulnerabilities.findByNumbers([...numbers])).filter(
    (record) => !keys.has(keyOf(record)) && namesFunctions(record),
  );
  return {
    numbers: related.map(({ number }) => number),
    isWanted: ({ evidence }) =>
      evidence.some(({ source, advisory }) => keys.has(keyOf({ source, id: advisory }))),
  };
}

function keyOf({ source, id }: Pick<StoredVulnerability, 'source' | 'id'>): string {
  return `${source}\n${id}`;
}

function namesFunctions({ affected }: StoredVulnerability): boolean {
  return affected.some(({ only }) => only?.imports !== undefined);
}
