import { isLike } from '../../kit/glob.ts';
import type { IgnoreRule } from '../../model/exception.ts';
import { isCalled } from '../../model/image-name.ts';
import type { Match } from '../../model/report.ts';
import type { Subject } from './subject.ts';

/** Whether a rule counts on a day, `2026-12-31`. */
export function isInForce({ expires }: IgnoreRule, today: string): boolean {
  return expires === undefined || today <= expires;
}

/** Whether a rule is about a finding: all that it selects by has to hold. */
export function covers(
  rule: IgnoreRule,
  { vulnerability, package: found, evidence }: Match,
  subject: Subject,
): boolean {
  const { id, path, version, namespace, image } = rule;
  if (image !== undefined && (subject.name === undefined || !isCalled(subject.name, image))) return false;
  if (version !== undefined && !isLike(version, found.version)) return false;
  if (path !== undefined && !isLike(path.replace(/^\/+/, ''), found.location.path, '/')) return false;
  if (namespace !== undefined && !evidence.some((row) => isLike(namespace, row.namespace))) return false;
  return isNamed(id, vulnerability) && isPackage(rule.package, found);
}

function isNamed(wanted: string | undefined, { id, aliases, advisories }: Match['vulnerability']): boolean {
  if (wanted === undefined) return true;
  const pattern = wanted.toUpperCase();
  const names = [id, ...aliases, ...advisories.map((advisory) => advisory.id)];
  return names.some((name) => isLike(pattern, name.toUpperCase()));
}

function isPackage(wanted: string | undefined, { name, purl }: Match['package']): boolean {
  if (wanted === undefined) return true;
  return wanted.startsWith('pkg:') ? isLike(wanted, purl.replace(/[@?#].*$/s, '')) : isLike(wanted, name);
}
