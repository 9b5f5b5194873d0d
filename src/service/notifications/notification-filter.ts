import { compareSeverity, type Severity } from '../../model/severity.ts';
import type { Vulnerability } from '../../model/vulnerability.ts';
import type { Notification } from '../../store/notification-store.ts';
import type { StoredVulnerability } from '../../store/vulnerability-store.ts';
import type { FollowedEvent } from './follow-events.ts';

/** Selects the changes to deliver. */
export interface NotificationFilter {
  /** Lowest severity, before or after the change. Undefined for any. */
  readonly severity: Severity | undefined;
  /** Whether only vulnerabilities with a fix pass. */
  readonly isFixable: boolean;
  /** Namespaces such as `debian:12`, or `debian` for all of its versions. Empty for all. */
  readonly namespaces: readonly string[];
}

/** A vulnerability before and after a change. */
export interface Sides {
  readonly old: Vulnerability | null;
  readonly new: Vulnerability | null;
}

/** Whether a notification passes the filter. */
export function isWanted({ namespace }: Notification, sides: Sides, filter: NotificationFilter): boolean {
  const { namespaces } = filter;
  const isNamed = namespaces.length === 0 || (namespace !== null && isAmong(namespaces, namespace));
  return isNamed && passesSeverityAndFix(sides, filter);
}

/**
 * Returns both sides of an event, with only the rows of the filter's namespaces. Returns undefined if the event does not pass the filter.
 */
export function wantedSides(
  { old, new: is }: Pick<FollowedEvent, 'old' | 'new'>,
  filter: NotificationFilter,
): Sides | undefined {
  const { namespaces } = filter;
  const isNamed = (name: string): boolean => namespaces.length === 0 || isAmong(namespaces, name);
  const side = (record: StoredVulnerability | null): Vulnerability | null =>
    record === null ? null : toVulnerability(record, isNamed);
  const sides = { old: side(old), new: side(is) };
  const isElsewhere =
    namespaces.length > 0 &&
    (presentSides(sides).every(({ affected }) => affected.length === 0) || isUnchanged(sides.old, sides.new));
  return !isElsewhere && passesSeverityAndFix(sides, filter) ? withoutMarkerRows(sides) : undefined;
}

/** Returns the sides without the row that has an empty package name. It only marks that a user wrote about the namespace. */
export function withoutMarkerRows({ old, new: is }: Sides): Sides {
  const side = (one: Vulnerability | null): Vulnerability | null =>
    one && { ...one, affected: one.affected.filter((row) => row.package !== '') };
  return { old: side(old), new: side(is) };
}

/** Returns a record without the fields of the store, and with the rows of some namespaces. */
export function toVulnerability(
  { number, source, feed, validFrom, validTo, ...record }: StoredVulnerability,
  isNamed: (namespace: string) => boolean,
): Vulnerability {
  const affected = record.affected
    .filter((row) => isNamed(row.namespace.name))
    .map(({ keys, ...row }) => row);
  return { ...record, affected };
}

function isAmong(namespaces: readonly string[], namespace: string): boolean {
  return namespaces.some((name) => name === namespace || namespace.startsWith(`${name}:`));
}

/** Whether nothing that makes an event has changed in these rows. The change was then in rows of other namespaces. */
function isUnchanged(old: Vulnerability | null, is: Vulnerability | null): boolean {
  const meaning = (side: Vulnerability | null): string =>
    JSON.stringify(side && [side.severity, side.aliases, side.affected]);
  return meaning(old) === meaning(is);
}

function passesSeverityAndFix(sides: Sides, { severity, isFixable }: NotificationFilter): boolean {
  const present = presentSides(sides);
  return (
    (severity === undefined || present.some((side) => isAtLeast(side, severity))) &&
    (!isFixable || present.some(({ affected }) => affected.some(({ fix }) => fix.state === 'fixed')))
  );
}

function presentSides({ old, new: is }: Sides): Vulnerability[] {
  return [old, is].filter((side) => side !== null);
}

function isAtLeast({ severity, affected }: Vulnerability, least: Severity): boolean {
  const all = affected.length === 0 ? [severity] : affected.map((row) => row.severity ?? severity);
  return all.some((one) => compareSeverity(one, least) >= 0);
}
