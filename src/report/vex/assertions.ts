import type { Fix, FixState } from '../../model/fix.ts';
import { compareText } from '../../model/order.ts';
import type { Match, Report, ReportVulnerability } from '../../model/report.ts';
import type { Justification, VexStatus } from '../../model/suppression.ts';
import { allFindings, type Finding } from '../finding.ts';
import { updateAdvice } from '../report-text.ts';

/** What is said of one vulnerability and some packages of an image. */
export interface Assertion {
  readonly vulnerability: ReportVulnerability;
  /** Each package URL once. */
  readonly packages: readonly Match['package'][];
  readonly status: VexStatus;
  readonly justification?: Justification;
  /** Why it is not affected, or what to do where it is. */
  readonly text: string;
  readonly fix: Fix;
}

type AssertedStatus = Pick<Assertion, 'status' | 'text'> & Partial<Pick<Assertion, 'justification'>>;

/** The worse a status, the more it counts where a package lies in several places of which not the same is said. */
const statusRank: Readonly<Record<VexStatus, number>> = {
  fixed: 0,
  not_affected: 1,
  under_investigation: 2,
  affected: 3,
};

/** What a report says of each vulnerability it knows of, packages of which the same is said together. */
export function assertionsOf(report: Report): Assertion[] {
  const asserted = allFindings(report).map((finding) => ({ finding, said: assertedStatusOf(finding) }));
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

/** That somebody lives with a risk does not mean that there is none: only who gives a justification says that. */
function assertedStatusOf({ fix, decision }: Finding): AssertedStatus {
  if (decision?.by === 'vex') {
    const { status, justification, words: text = '' } = decision.statement;
    return { status, text, ...(justification !== undefined && { justification }) };
  }
  if (decision?.by === 'ignore') {
    const { reason, justification } = decision.rule;
    return justification === undefined
      ? { status: 'affected', text: `The risk is accepted: ${reason}. ${remedies(fix)}` }
      : { status: 'not_affected', text: reason, justification };
  }
  return fix.state === 'under-investigation'
    ? { status: 'under_investigation', text: 'The vendor is still investigating.' }
    : { status: 'affected', text: remedies(fix) };
}

const stateRemedies: Readonly<Record<Exclude<FixState, 'fixed'>, string>> = {
  unfixed: 'There is no fix yet.',
  deferred: 'The vendor has deferred a fix.',
  'will-not-fix': 'The vendor will not fix it.',
  'end-of-life': 'Its release is at its end of life: update the distribution.',
  'under-investigation': 'The vendor is still investigating.',
  'not-affected': 'The vendor says that it is not affected.',
};

/** What to do. */
function remedies(fix: Fix): string {
  return fix.state === 'fixed' ? updateAdvice(fix) : stateRemedies[fix.state];
}

/** The packages that something is said of, each package URL once. */
export function packagesIn(assertions: readonly Assertion[]): Match['package'][] {
  const packages = assertions.flatMap((assertion) => assertion.packages);
  return [...new Map(packages.map((found) => [found.purl, found])).values()];
}

/** Other names of a vulnerability; advisories on it are none, as they may be on others, too. */
export function otherNames({ aliases, advisories }: ReportVulnerability): string[] {
  const ids = new Set(advisories.map(({ id }) => id));
  return aliases.filter((alias) => !ids.has(alias));
}
