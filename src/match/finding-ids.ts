import { isCve } from '../model/cve.ts';
import type { AdvisoryHit } from '../model/hit.ts';
import { malwarePrefix } from '../model/malware.ts';
import { compareText } from '../model/order.ts';

/** The names of an advisory. */
type NamedAdvisory = Pick<AdvisoryHit, 'id' | 'aliases'>;

/**
 * Returns the ids that the findings of each advisory on one package have: its CVEs. An advisory without a CVE has the CVEs of an advisory
 * on the same package that is an alias of it. Aliases without any CVE have one id together.
 */
export function findingIds(
  advisories: readonly NamedAdvisory[],
): ReadonlyMap<NamedAdvisory, readonly string[]> {
  const ids = new Map<NamedAdvisory, readonly string[]>();
  const unnamed: NamedAdvisory[] = [];
  for (const advisory of advisories) {
    const cves = cvesOf(advisory);
    if (cves.length > 0) ids.set(advisory, cves);
    else unnamed.push(advisory);
  }
  for (const group of aliasGroups(unnamed)) {
    const names = new Set(group.flatMap(namesOf));
    const named = [...ids].filter(([advisory]) => namesOf(advisory).some((name) => names.has(name)));
    const cves = [...new Set(named.flatMap(([, those]) => those))].sort(compareText);
    const shared = cves.length > 0 ? cves : [group.map(({ id }) => id).reduce(preferred)];
    for (const advisory of group) ids.set(advisory, shared);
  }
  return ids;
}

function cvesOf({ id, aliases }: NamedAdvisory): readonly string[] {
  return isCve(id) ? [id] : aliases.filter(isCve);
}

function namesOf({ id, aliases }: NamedAdvisory): string[] {
  return [id, ...aliases];
}

/** Groups advisories that have a name in common, also through a third one. */
function aliasGroups(advisories: readonly NamedAdvisory[]): NamedAdvisory[][] {
  const groups = new Map<string, NamedAdvisory[]>();
  for (const advisory of advisories) {
    const names = namesOf(advisory);
    const joined = new Set(names.flatMap((name) => [groups.get(name) ?? []]));
    const group = [...[...joined].flat(), advisory];
    for (const name of new Set(group.flatMap(namesOf))) groups.set(name, group);
  }
  return [...new Set(groups.values())];
}

/** Prefers the id that says that a package is malicious, then the first one. */
function preferred(a: string, b: string): string {
  const rank = (id: string): number => (id.startsWith(malwarePrefix) ? 0 : 1);
  return (rank(a) - rank(b) || compareText(a, b)) <= 0 ? a : b;
}
