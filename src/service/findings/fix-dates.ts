import type { Findings } from '../../match/findings.ts';
import type { Match } from '../../model/report.ts';
import type { FixRow } from '../../store/event-store.ts';
import type { AsOf } from '../../store/page.ts';
import type { Store } from '../../store/store.ts';

/** Dependencies of `addFixDates`. */
interface FixDateDeps extends AsOf {
  readonly store: Pick<Store, 'events'>;
}

/** A fix that an advisory of a finding names, and when the vendor published the advisory. */
interface StatedFix extends FixRow {
  readonly issued: string | undefined;
}

/**
 * Adds since when each fix is available, as far as that is known: when an update of the advisories brought it, or when the vendor published
 * the advisory about it, whichever is earlier.
 */
export async function addFixDates(findings: Findings, { store, asOf }: FixDateDeps): Promise<Findings> {
  const stated = [...findings.matches, ...findings.suppressed].map(statedFixes);
  const times = await store.events.findFixTimes(stated.flat(), { asOf });
  let next = 0;
  const dates = stated.map((fixes) =>
    earliest(fixes.flatMap(({ issued }) => [times[next++], issued].filter((time) => time !== undefined))),
  );
  const dated = <Finding extends Match>(finding: Finding, place: number): Finding => {
    const date = dates[place];
    return date === undefined || finding.fix.state !== 'fixed'
      ? finding
      : { ...finding, fix: { ...finding.fix, availableSince: date } };
  };
  const { length } = findings.matches;
  return {
    matches: findings.matches.map((finding, place) => dated(finding, place)),
    suppressed: findings.suppressed.map((finding, place) => dated(finding, length + place)),
  };
}

/** Returns the statements of the fixed version of a finding. Advisories and evidence of a finding have the same order. */
function statedFixes({ fix, vulnerability: { advisories }, evidence }: Match): StatedFix[] {
  if (fix.state !== 'fixed') return [];
  return evidence.flatMap(({ source, advisory: id, namespace, package: name }, i) => {
    const { fixedVersion, issued } = advisories[i] ?? {};
    return fixedVersion === fix.version
      ? [{ source, id, namespace, package: name, version: fix.version, issued }]
      : [];
  });
}

function earliest(times: readonly string[]): string | undefined {
  return [...times].sort((a, b) => Date.parse(a) - Date.parse(b))[0];
}
