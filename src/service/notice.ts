import type { Namespace } from '../model/namespace.ts';
import { compareSeverity, type Severity } from '../model/severity.ts';
import type { Vulnerability } from '../model/vulnerability.ts';
import type { Notice, NoticeContent } from '../plugin/transport.ts';
import type { Notification, StoredVulnerability } from '../store/store.ts';
import { type AffectedRoom, affectedByRecords } from './affected.ts';

/** Which notifications are worth telling. */
export interface NoticeFilter {
  /** The least severity, before or after the change; undefined for any. */
  readonly severity: Severity | undefined;
  /** Only what has a fix. */
  readonly isFixable: boolean;
  /** Names of namespaces, `debian:12`, or of all of a kind, `debian`; all when empty. */
  readonly namespaces: readonly string[];
}

/** What a notification was before and is now. */
export interface Sides {
  readonly old: Vulnerability | null;
  readonly new: Vulnerability | null;
}

/** So many images are told with a notification; the others are to be asked for. */
const imagesTold = 100;

/** Reads the two sides of a notification, each as far as it is about the namespace. */
export async function sidesOf(
  { namespace, old, new: is }: Notification,
  { store }: AffectedRoom,
): Promise<Sides> {
  const numbers = [old, is].filter((number) => number !== null);
  const records = await store.vulnerabilities.read(numbers);
  const side = (number: number | null): Vulnerability | null => {
    const record = records.find((one) => one.number === number);
    return record === undefined ? null : toVulnerability(record, namespace);
  };
  return { old: side(old), new: side(is) };
}

function toVulnerability(
  { number, source, feed, validFrom, validTo, ...record }: StoredVulnerability,
  namespace: Namespace['name'] | null,
): Vulnerability {
  const affected = record.affected
    .filter((row) => namespace === null || row.namespace.name === namespace)
    .map(({ keys, ...row }) => row);
  return { ...record, affected };
}

/** Whether a notification is worth telling. */
export function isWanted(
  { namespace }: Notification,
  { old, new: is }: Sides,
  { severity, isFixable, namespaces }: NoticeFilter,
): boolean {
  const sides = [old, is].filter((side) => side !== null);
  const isNamed =
    namespaces.length === 0 ||
    (namespace !== null && namespaces.some((name) => name === namespace || namespace.startsWith(`${name}:`)));
  return (
    isNamed &&
    (severity === undefined || sides.some((side) => isAtLeast(side, severity))) &&
    (!isFixable || sides.some(({ affected }) => affected.some(({ fix }) => fix.state === 'fixed')))
  );
}

function isAtLeast({ severity, affected }: Vulnerability, least: Severity): boolean {
  const all = affected.length === 0 ? [severity] : affected.map((row) => row.severity ?? severity);
  return all.some((one) => compareSeverity(one, least) >= 0);
}

/** A notification for a transport; what it is about is read when it is asked for. */
export function noticeOf(notification: Notification, sides: Sides, room: AffectedRoom): Notice {
  const { name, createdAt } = notification;
  return { name, createdAt, content: () => contentOf(notification, sides, room) };
}

async function contentOf(
  { source, namespace, old, new: is }: Notification,
  sides: Sides,
  room: AffectedRoom,
): Promise<NoticeContent> {
  const page = { limit: imagesTold, ...(namespace !== null && { namespace }) };
  const record = is ?? old;
  const { images, next } = await affectedByRecords(record === null ? [] : [record], page, room);
  return {
    source,
    namespace,
    kind: old === null ? 'new' : is === null ? 'withdrawn' : 'changed',
    ...sides,
    images: images.flatMap(({ identity, names, findings }) => {
      const [first] = findings;
      if (first === undefined) return [];
      const packages = new Map(
        findings.map(({ package: item }) => [`${item.purl}\n${item.location.path}`, item]),
      );
      return [{ identity, names, packages: [...packages.values()], fix: first.fix }];
    }),
    hasMoreImages: next !== undefined,
  };
}
