import { compareText } from '../model/order.ts';
import type { Match, Report, SuppressedMatch } from '../model/report.ts';
import { compareSeverity } from '../model/severity.ts';
import { findingKey } from './compare-reports.ts';

/** Why two reports differ in a finding: the image is another one, or other advisories are known. */
export type ChangeCause = 'image' | 'knowledge';

/** A vulnerability of a package, in all its locations and versions. */
export interface DiffedFinding extends Pick<Match['vulnerability'], 'severity' | 'epss'>, Pick<Match, 'fix'> {
  readonly vulnerability: string;
  /** Unknown if no list of exploited vulnerabilities is loaded. */
  readonly exploited: 'yes' | 'no' | 'unknown';
  readonly package: Pick<Match['package'], 'type' | 'name'> & { readonly versions: readonly string[] };
}

/** A finding in which the reports differ. */
export interface CausedFinding extends DiffedFinding {
  readonly cause: ChangeCause;
}

/** A finding that only the first report counts. */
export interface GoneFinding extends CausedFinding {
  /** Why the second report does not count it, although it has it. Null if it does not have it. */
  readonly suppressed: string | null;
}

/** A finding of both reports that has another severity or fix. */
export interface AlteredFinding extends CausedFinding {
  readonly before: Pick<DiffedFinding, 'severity' | 'fix'>;
}

/** The findings in which two reports differ, the most severe first. */
export interface CausedDifference {
  readonly gone: readonly GoneFinding[];
  readonly new: readonly CausedFinding[];
  readonly changed: readonly AlteredFinding[];
  /** How many findings both reports have, with the same severity and fix. */
  readonly same: number;
}

/** Reports of two images, or of one image at two times. */
export interface ReportsOverTime {
  readonly before: Report;
  /** The second image, with the advisories of the first report. */
  readonly between: Report;
  /** The second image, with its own advisories. */
  readonly after: Report;
}

/**
 * Returns the findings in which two reports differ, with the cause: the image, if the second image differs with the advisories of the first
 * report, too; otherwise the knowledge.
 */
export function compareCauses({ before, between, after }: ReportsOverTime): CausedDifference {
  const [was, middle, is] = [findingsByKey(before), findingsByKey(between), findingsByKey(after)];
  const suppressed = new Map(after.suppressed.map((match) => [findingKey(match), match]));
  const gone = missingIn(is, was).map(([key, finding]) => ({
    ...finding,
    cause: middle.has(key) ? ('knowledge' as const) : ('image' as const),
    suppressed: reasonOf(suppressed.get(key)),
  }));
  const added = missingIn(was, is).map(([key, finding]) => ({
    ...finding,
    cause: middle.has(key) ? ('image' as const) : ('knowledge' as const),
  }));
  const changed = [...is].flatMap(([key, finding]) => changeOf(was.get(key), middle.get(key), finding));
  const same = is.size - added.length - changed.length;
  return {
    gone: gone.sort(mostSevereFirst),
    new: added.sort(mostSevereFirst),
    changed: changed.sort(mostSevereFirst),
    same,
  };
}

function changeOf(
  was: DiffedFinding | undefined,
  between: DiffedFinding | undefined,
  is: DiffedFinding,
): AlteredFinding[] {
  if (was === undefined || isEqual(was, is)) return [];
  const cause = between !== undefined && isEqual(between, is) ? 'image' : 'knowledge';
  return [{ ...is, cause, before: { severity: was.severity, fix: was.fix } }];
}

function isEqual(a: DiffedFinding, b: DiffedFinding): boolean {
  return a.severity === b.severity && a.fix.state === b.fix.state && versionOf(a) === versionOf(b);
}

function versionOf({ fix }: DiffedFinding): string {
  return fix.state === 'fixed' ? fix.version : '';
}

function reasonOf(match: SuppressedMatch | undefined): string | null {
  return match?.reason ?? null;
}

function findingsByKey({ matches }: Report): Map<string, DiffedFinding> {
  const findings = new Map<string, DiffedFinding>();
  for (const [key, group] of Map.groupBy(matches, findingKey)) {
    const [first] = group;
    if (first !== undefined) findings.set(key, toDiffed(first, group));
  }
  return findings;
}

function toDiffed({ vulnerability, package: item, fix }: Match, group: readonly Match[]): DiffedFinding {
  const { id, severity, kev, epss } = vulnerability;
  const versions = [...new Set(group.map((match) => match.package.version))].sort(compareText);
  return {
    vulnerability: id,
    severity,
    epss,
    fix,
    exploited: kev === null ? 'unknown' : kev ? 'yes' : 'no',
    package: { type: item.type, name: item.name, versions },
  };
}

function missingIn<T>(others: ReadonlyMap<string, unknown>, these: ReadonlyMap<string, T>): [string, T][] {
  return [...these].filter(([key]) => !others.has(key));
}

function mostSevereFirst(a: DiffedFinding, b: DiffedFinding): number {
  return (
    compareSeverity(b.severity, a.severity) ||
    compareText(a.package.name, b.package.name) ||
    compareText(a.vulnerability, b.vulnerability) ||
    compareText(a.package.type, b.package.type)
  );
}
