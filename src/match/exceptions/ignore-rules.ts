import { isLike } from '../../kit/glob.ts';
import type { IgnoreRule } from '../../model/exception.ts';
import { isCalled } from '../../model/image-name.ts';
import type { Match } from '../../model/report.ts';
import type { Subject } from './subject.ts';

/** Whether a rule counts on a day, `2026-12-31`. */
export function isInForce({ expires }: IgnoreRule, today: string): boolean {
  return expires === undefined || today <= expires;
}

/** What answers the rules that may be about a finding, in their order: those on one vulnerability are found by its names. */
export function rulesByName(rules: readonly IgnoreRule[]): (finding: Match) => readonly IgnoreRule[] {
  const places = rules.map((rule, place) => ({ rule, place }));
  const isExact = ({ rule }: (typeof places)[number]): boolean => rule.id?.includes('*') === false;
  const others = places.filter((one) => !isExact(one));
  const exact = Map.groupBy(places.filter(isExact), ({ rule }) => rule.id?.toUpperCase());
  return ({ vulnerability }) => {
    const named = namesOf(vulnerability).flatMap((name) => exact.get(name) ?? []);
    const found = new Map([...others, ...named].map(({ rule, place }) => [place, rule]));
    return [...found].sort(([a], [b]) => a - b).map(([, rule]) => rule);
  };
}

/** Whether a rule is about a finding: all that it selects by has to hold. */
export function covers(rule: IgnoreRule, finding: Match, subject: Subject): boolean {
  const { image } = rule;
  if (image !== undefined && (subject.name === undefined || !isCalled(subject.name, image))) return false;
  return coversFinding(rule, finding);
}

function coversFinding(rule: IgnoreRule, finding: Match): boolean {
  const { vulnerability, package: found, evidence } = finding;
  const { id, path, version, namespace } = rule;
  if (version !== undefined && !isLike(version, found.version)) return false;
  if (path !== undefined && !isLike(path.replace(/^\/+/, ''), found.location.path, '/')) return false;
  if (namespace !== undefined && !evidence.some((row) => isLike(namespace, row.namespace))) return false;
  if (rule.holdsFor?.(finding) === false) return false;
  return isNamed(id, vulnerability) && isPackage(rule.package, found);
}

function isNamed(wanted: string | undefined, vulnerability: Match['vulnerability']): boolean {
  if (wanted === undefined) return true;
  const pattern = wanted.toUpperCase();
  return namesOf(vulnerability).some((name) => isLike(pattern, name));
}

function namesOf({ id, aliases, advisories }: Match['vulnerability']): string[] {
  return [id, ...aliases, ...advisories.map((advisory) => advisory.id)].map((name) => name.toUpperCase());
}

function isPackage(wanted: string | undefined, { name, purl }: Match['package']): boolean {
  if (wanted === undefined) return true;
  return wanted.startsWith('pkg:') ? isLike(wanted, purl.replace(/[@?#].*/s, '')) : isLike(wanted, name);
}
