import type { Conditions } from '../../model/vulnerability.ts';
import type { KeyedAffected } from '../advisory-store.ts';
import type { ChangedAspect } from '../event-store.ts';
import type { StoredVulnerability } from '../vulnerability-store.ts';

/** The fields of a record that matter for an image; all others are only displayed. */
export type SignificantFields = Pick<StoredVulnerability, 'id' | 'aliases' | 'severity' | 'affected'>;

/**
 * Returns the aspects in which the new records differ from those that they replace. Descriptions, links, ratings, the order of
 * rows and the spelling of versions do not count. Rows are compared as sets, and ranges by their keys.
 */
export function significantChanges(
  before: readonly SignificantFields[],
  after: readonly SignificantFields[],
): readonly ChangedAspect[] {
  const [old, now] = [targetsOf(before), targetsOf(after)];
  const common = [...old].flatMap(([target, was]) => {
    const is = now.get(target);
    return is === undefined ? [] : [[was, is] as const];
  });
  const differs = (aspect: keyof Target): boolean =>
    common.some(([was, is]) => !isEqual(was[aspect], is[aspect]));
  const aspects: readonly (readonly [ChangedAspect, boolean])[] = [
    ['aliases', !isEqual(namesOf(before), namesOf(after))],
    ['packages', common.length < old.size || common.length < now.size],
    ['severity', old.size + now.size === 0 ? hasOtherSeverity(before, after) : differs('severity')],
    ['fix', differs('fix')],
    ['range', differs('range')],
  ];
  return aspects.flatMap(([aspect, hasChanged]) => (hasChanged ? [aspect] : []));
}

/** The rows of one package of one namespace, under the same conditions. */
interface Target {
  readonly severity: Set<string>;
  readonly fix: Set<string>;
  readonly range: Set<string>;
}

function targetsOf(records: readonly SignificantFields[]): Map<string, Target> {
  const targets = new Map<string, Target>();
  for (const { severity, affected } of records) {
    for (const row of affected) {
      const name = JSON.stringify([row.namespace.name, row.package, buildConditions(row)]);
      const target = targets.get(name) ?? { severity: new Set(), fix: new Set(), range: new Set() };
      targets.set(name, target);
      target.severity.add(row.severity ?? severity);
      target.fix.add(fixOf(row));
      target.range.add(rangeOf(row));
    }
  }
  return targets;
}

/** Returns the conditions without the functions of Go programs, which only decide whether a finding counts. */
function buildConditions({ only }: KeyedAffected): Conditions | undefined {
  if (only?.imports === undefined) return only;
  const { imports, ...rest } = only;
  return Object.keys(rest).length === 0 ? undefined : rest;
}

/** Most fixes equal the end of their range. Such a fix is compared by key, whatever its spelling. */
function fixOf({ fix, range, keys }: KeyedAffected): string {
  if (fix.state !== 'fixed') return fix.state;
  return keys !== undefined && fix.version === range.to ? `fixed ${hex(keys.hi)}` : `fixed by ${fix.version}`;
}

function rangeOf({ range, keys }: KeyedAffected): string {
  return keys === undefined
    ? JSON.stringify([range.from, range.fromExcluded, range.to, range.toIncluded])
    : `${hex(keys.lo)} ${hex(keys.hi)}`;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function namesOf(records: readonly SignificantFields[]): Set<string> {
  return new Set(records.flatMap(({ id, aliases }) => [id, ...aliases]));
}

/** Compares the severity of records that cover no package. */
function hasOtherSeverity(
  before: readonly SignificantFields[],
  after: readonly SignificantFields[],
): boolean {
  const severities = (records: readonly SignificantFields[]) =>
    new Set(records.map(({ severity }) => severity));
  return !isEqual(severities(before), severities(after));
}

function isEqual(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((item) => b.has(item));
}
