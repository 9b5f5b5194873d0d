import type { Fix, FixState } from '../../model/fix.ts';
import { compareText } from '../../model/order.ts';
import type { Match, Report, ReportVulnerability } from '../../model/report.ts';
import type { Justification, VexStatus } from '../../model/suppression.ts';
import { allFindings, type Finding } from '../finding.ts';
import { updateAdvice } from '../report-text.ts';

/** A statement about one vulnerability and some packages of an image. */
export interface Assertion {
  readonly vulnerability: ReportVulnerability;
  /** The packages, without duplicate package URLs. */
  readonly packages: readonly Match['package'][];
  readonly status: VexStatus;
  readonly justification?: Justification;
  /** The reason if the image is not affected, otherwise the advice. */
  readonly text: string;
  readonly fix: Fix;
}

type AssertedStatus = Pick<Assertion, 'status' | 'text'> & Partial<Pick<Assertion, 'justification'>>;

/** Precedence of statuses if a package has several locations with different statuses; the greatest wins. */
const statusRank: Readonly<Record<VexStatus, number>> = {
  fixed: 0,
  not_affected: 1,
  under_investigation: 2,
  affected: 3,
};

/** Returns the statements of a report, sorted by vulnerability. Packages with equal statements share one. */
export function assertionsOf(report: Report): Assertion[] {
  const asserted = assertedFindings(report).map((finding) => ({ finding, said: assertedStatusOf(finding) }));
  const byPackage = Map.groupBy(
    asserted,
    ({ finding }) => `${finding.vulnerability.id}\n${finding.package.purl}`,
  );
  const worst = [...byPackage.values()].flatMap((all) =>
    all.toSorted((a, b) => statusRank[b.said.status] - statusRank[a.said.status]).slice(0, 1),
  );
  const alike = Map.groupBy(worst, ({ finding, said: asserted }) =>
    JSON.stringify([finding.vulnerability.id, asserted, finding.fix]),
  );
  const assertions = [...alike.values()].flatMap(([first, ...others]): Assertion[] => {
    if (first === undefined) return [];
    const { vulnerability, fix } = first.finding;
    return [
      {
        vulnerability,
        fix,
        packages: [first, ...others].map(({ finding }) => finding.package),
        ...first.said,
      },
    ];
  });
  return assertions.sort((a, b) => compareText(a.vulnerability.id, b.vulnerability.id));
}

/**
 * Returns the findings that a document can make a statement about. A package that may not be installed is neither affected nor not
 * affected, so its findings are left out.
 */
function assertedFindings(report: Report): Finding[] {
  return allFindings(report).filter((finding) => !isUncounted(finding) || isGone(finding));
}

/** Returns the number of findings that a document leaves out, by the reason of their suppression. */
export function omittedFindings({ suppressed }: Report): ReadonlyMap<string, number> {
  const omitted = suppressed.filter((finding) => isUncounted(finding) && !isGone(finding));
  return new Map(
    [...Map.groupBy(omitted, ({ reason }) => reason)].map(([reason, all]) => [reason, all.length]),
  );
}

/** Returns whether the scan suppressed a finding by the evidence of its package. */
function isUncounted({ reason, decision, fix, justification }: Finding): boolean {
  const isProven = justification !== undefined;
  return reason !== undefined && decision === undefined && !isProven && fix.state !== 'under-investigation';
}

/** Returns whether only metadata of the package is left. */
function isGone(finding: Finding): boolean {
  return isUncounted(finding) && finding.package.evidence === 'stale';
}

/** Returns why the image is not affected, if its content proves that and no one has decided otherwise. */
function provenJustification(finding: Finding): Justification | undefined {
  if (isGone(finding)) return 'component_not_present';
  return finding.decision === undefined ? finding.justification : undefined;
}

/** Returns the status of a finding. An ignored finding stays affected, unless its rule has a justification. */
function assertedStatusOf(finding: Finding): AssertedStatus {
  const { fix, decision, package: found } = finding;
  const proven = provenJustification(finding);
  if (proven !== undefined)
    return { status: 'not_affected', justification: proven, text: finding.reason ?? '' };
  if (decision?.by === 'vex') {
    const { status, justification, words: text = '' } = decision.statement;
    return { status, text, ...(justification !== undefined && { justification }) };
  }
  if (decision?.by === 'ignore') {
    const { reason, justification } = decision.rule;
    return justification === undefined
      ? { status: 'affected', text: `The risk is accepted: ${reason}. ${remedies(fix, found)}` }
      : { status: 'not_affected', text: reason, justification };
  }
  return fix.state === 'under-investigation'
    ? { status: 'under_investigation', text: 'The vendor is still investigating.' }
    : { status: 'affected', text: remedies(fix, found) };
}

const stateRemedies: Readonly<Record<Exclude<FixState, 'fixed'>, string>> = {
  unfixed: 'There is no fix yet.',
  deferred: 'The vendor has deferred a fix.',
  'will-not-fix': 'The vendor will not fix it.',
  'end-of-life': 'Its release is at its end of life: update the distribution.',
  'under-investigation': 'The vendor is still investigating.',
  'not-affected': 'The vendor says that it is not affected.',
};

/** Returns the advice for the state of a fix of a package. */
function remedies(fix: Fix, found: Match['package']): string {
  return fix.state === 'fixed' ? updateAdvice(fix, found) : stateRemedies[fix.state];
}

/** Returns the packages of all statements, without duplicate package URLs. */
export function packagesIn(assertions: readonly Assertion[]): Match['package'][] {
  const packages = assertions.flatMap((assertion) => assertion.packages);
  return [...new Map(packages.map((found) => [found.purl, found])).values()];
}

/** Returns the aliases of a vulnerability without its advisories, which may also cover other vulnerabilities. */
export function otherNames({ aliases, advisories }: ReportVulnerability): string[] {
  const ids = new Set(advisories.map(({ id }) => id));
  return aliases.filter((alias) => !ids.has(alias));
}
