import { globMatches } from '../../kit/glob.ts';
import { comparableName } from '../../model/cve.ts';
import { isNamedImage } from '../../model/image-name.ts';
import type { Match } from '../../model/report.ts';
import type { IgnoreRule } from '../../model/suppression.ts';
import type { SuppressionSubject } from './subject.ts';

/** Returns whether a rule applies on a day, `2026-12-31`. */
export function isUnexpired({ expires }: IgnoreRule, today: string): boolean {
  return expires === undefined || today <= expires;
}

/** Returns a function from a finding to the rules that may match it, in their order. Rules on one vulnerability are found by its names. */
export function indexRules(rules: readonly IgnoreRule[]): (finding: Match) => readonly IgnoreRule[] {
  const numbered = rules.map((rule, index) => ({ rule, place: index }));
  const isExact = ({ rule }: (typeof numbered)[number]): boolean => rule.id?.includes('*') === false;
  const others = numbered.filter((one) => !isExact(one));
  const exact = Map.groupBy(numbered.filter(isExact), ({ rule }) => comparableName(rule.id ?? ''));
  return ({ vulnerability }) => {
    const named = namesOf(vulnerability).flatMap((name) => exact.get(name) ?? []);
    const found = new Map([...others, ...named].map(({ rule, place: index }) => [index, rule]));
    return [...found].sort(([a], [b]) => a - b).map(([, rule]) => rule);
  };
}

/** Returns whether a rule matches a finding: all its selectors must match. */
export function ruleMatches(rule: IgnoreRule, finding: Match, subject: SuppressionSubject): boolean {
  const { image } = rule;
  if (image !== undefined && (subject.name === undefined || !isNamedImage(subject.name, image))) return false;
  return selectorsMatch(rule, finding);
}

function selectorsMatch(rule: IgnoreRule, finding: Match): boolean {
  const { vulnerability, package: found, evidence } = finding;
  const { id, path, version, namespace } = rule;
  if (version !== undefined && !globMatches(version, found.version)) return false;
  if (path !== undefined && !globMatches(path.replace(/^\/+/, ''), found.location.path, '/')) return false;
  if (namespace !== undefined && !evidence.some((row) => globMatches(namespace, row.namespace))) return false;
  if (rule.holdsFor?.(finding) === false) return false;
  return matchesName(id, vulnerability) && matchesPackage(rule.package, found);
}

function matchesName(wanted: string | undefined, vulnerability: Match['vulnerability']): boolean {
  if (wanted === undefined) return true;
  const pattern = comparableName(wanted);
  return namesOf(vulnerability).some((name) => globMatches(pattern, name));
}

function namesOf({ id, aliases, advisories }: Match['vulnerability']): string[] {
  return [id, ...aliases, ...advisories.map((advisory) => advisory.id)].map(comparableName);
}

function matchesPackage(wanted: string | undefined, { name, purl }: Match['package']): boolean {
  if (wanted === undefined) return true;
  return wanted.startsWith('pkg:')
    ? globMatches(wanted, purl.replace(/[@?#].*/s, ''))
    : globMatches(wanted, name);
}
