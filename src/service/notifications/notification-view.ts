import { rowMatches } from '../../match/row-matches.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { HitVersion } from '../../store/named-layer-store.ts';
import type { Notification } from '../../store/notification-store.ts';
import type { Store } from '../../store/store.ts';
import { type FullVulnerability, toVulnerabilityView } from '../findings/vulnerability-view.ts';
import {
  type AffectedNamesDeps,
  type AffectingVersions,
  affectedAncestries,
  affectedLayers,
} from './affected-names.ts';
import { disprovingRecords } from './disproving-records.ts';

/** Start of a page: the number of its first entry, or `done` after the last page. */
export type PageStart = number | 'done';

/** The vulnerability before or after the change, with a page of what it affects. */
export interface NotifiedSide {
  readonly vulnerability: FullVulnerability;
  /** Layers that introduced a vulnerable package, or ancestries that have one, by ascending number. */
  readonly affected: readonly { readonly number: number; readonly name: string }[];
  readonly next: PageStart;
}

/** A notification with a page of what it affects. */
export interface NotificationView {
  readonly notification: Notification;
  readonly old: NotifiedSide | undefined;
  readonly new: NotifiedSide | undefined;
}

/** Selects one page of layers or ancestries for each side of a notification. */
export interface NotificationPageRequest {
  readonly affectedKind: 'layers' | 'ancestries';
  /** Maximum entries of each side. 0 or less returns no entries. */
  readonly limit: number;
  readonly old: PageStart;
  readonly new: PageStart;
}

/** Dependencies of `viewNotification`. */
export interface NotificationViewDeps extends AffectedNamesDeps {
  readonly store: AffectedNamesDeps['store'] &
    Pick<Store, 'notifications' | 'vulnerabilities' | 'enrichments'>;
}

/** Returns a notification with its sides. Undefined if the name is unknown. */
export async function viewNotification(
  name: string,
  page: NotificationPageRequest,
  deps: NotificationViewDeps,
): Promise<NotificationView | undefined> {
  const notification = await deps.store.notifications.find(name);
  if (notification === undefined) return undefined;
  const side = (number: number | null, from: PageStart): Promise<NotifiedSide | undefined> =>
    sideOf(notification, number, { ...page, from }, deps);
  return {
    notification,
    old: await side(notification.old, page.old),
    new: await side(notification.new, page.new),
  };
}

interface SidePage extends Pick<NotificationPageRequest, 'limit' | 'affectedKind'> {
  readonly from: PageStart;
}

/** Returns one side of a notification. Undefined if it has no such side. */
async function sideOf(
  { namespace, id }: Notification,
  number: number | null,
  { from, limit, affectedKind: kind }: SidePage,
  { store, extensions }: NotificationViewDeps,
): Promise<NotifiedSide | undefined> {
  if (number === null || namespace === null) return undefined;
  const records = await store.vulnerabilities.findByNumbers([number]);
  const enrichments = await store.enrichments.findByIds([id]);
  const vulnerability = toVulnerabilityView(namespace, records, enrichments.get(id) ?? []);
  if (vulnerability === undefined) return undefined;
  if (limit <= 0 || from === 'done') return { vulnerability, affected: [], next: 'done' };
  const page = { limit, after: from - 1 };
  const affecting = await affectingVersions(number, { store, extensions });
  const list = kind === 'layers' ? affectedLayers : affectedAncestries;
  const { affected, next } = await list(affecting, page, { store, extensions });
  return { vulnerability, affected, next: next === undefined ? 'done' : next + 1 };
}

/** Returns the versions that a record hits, with the hits of the records that may disprove it. */
async function affectingVersions(
  number: number,
  { store, extensions }: NotificationViewDeps,
): Promise<AffectingVersions> {
  const disproving = await disprovingRecords(await store.vulnerabilities.findByNumbers([number]), store);
  const hit = await store.namedLayers.findHitVersions([number]);
  const ofAll =
    disproving.numbers.length === 0
      ? hit
      : await store.namedLayers.findHitVersions([number, ...disproving.numbers]);
  const wanted = new Set(
    hit.filter((version) => isHit(version, extensions)).map((version) => version.number),
  );
  return { versions: ofAll.filter((version) => wanted.has(version.number)), disproving };
}

/** Whether any row matches the build and may contain its version. A version that no scheme can compare counts as a match. */
function isHit(version: HitVersion, { schemes }: Pick<Extensions, 'schemes'>): boolean {
  const build = { ...version, version: version.build ?? version.version };
  return version.hits.some((hit) => rowMatches(hit, build, { version: version.version, schemes }) !== false);
}
