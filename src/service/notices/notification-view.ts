import { holds } from '../../match/holds.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { HitVersion, LayerPage, Notification, PageRequest, Store } from '../../store/store.ts';
import { type FullVulnerability, viewOf } from '../findings/vulnerability-view.ts';

/** Where a page begins: the number of the first who is on it; `done` for a side of which all was told. */
export type PageStart = number | 'done';

/** What a notification tells of the vulnerability as it was, or as it is. */
export interface NotifiedSide {
  readonly vulnerability: FullVulnerability;
  /** Layers that brought something vulnerable, or ancestries that have it, by rising number. */
  readonly carriers: readonly { readonly number: number; readonly name: string }[];
  readonly next: PageStart;
}

/** A notification with a page of those it concerns. */
export interface NotificationView {
  readonly notification: Notification;
  readonly old: NotifiedSide | undefined;
  readonly new: NotifiedSide | undefined;
}

/** Who is to be told of. */
export interface NotificationPageRequest {
  readonly carriers: 'layers' | 'ancestries';
  /** So many of each side; none for 0 and less. */
  readonly limit: number;
  readonly old: PageStart;
  readonly new: PageStart;
}

/** What looking at notifications needs. */
export interface NotificationViewRoom {
  readonly extensions: Pick<Extensions, 'schemes'>;
  readonly store: Pick<
    Store,
    'notifications' | 'namedLayers' | 'ancestries' | 'vulnerabilities' | 'enrichments'
  >;
}

/** What a notification tells; undefined where there is none of that name. */
export async function viewNotification(
  name: string,
  page: NotificationPageRequest,
  room: NotificationViewRoom,
): Promise<NotificationView | undefined> {
  const notification = await room.store.notifications.find(name);
  if (notification === undefined) return undefined;
  const side = (number: number | null, from: PageStart): Promise<NotifiedSide | undefined> =>
    sideOf(notification, number, { ...page, from }, room);
  return {
    notification,
    old: await side(notification.old, page.old),
    new: await side(notification.new, page.new),
  };
}

interface SidePage extends Pick<NotificationPageRequest, 'limit' | 'carriers'> {
  readonly from: PageStart;
}

/** One side of a notification; nothing where there is none. */
async function sideOf(
  { namespace, id }: Notification,
  number: number | null,
  { from, limit, carriers: kind }: SidePage,
  { store, extensions }: NotificationViewRoom,
): Promise<NotifiedSide | undefined> {
  if (number === null || namespace === null) return undefined;
  const records = await store.vulnerabilities.read([number]);
  const enrichments = await store.enrichments.find([id]);
  const vulnerability = viewOf(namespace, records, enrichments.get(id) ?? []);
  if (vulnerability === undefined) return undefined;
  if (limit <= 0 || from === 'done') return { vulnerability, carriers: [], next: 'done' };
  const versions = (await store.namedLayers.hitVersions([number])).filter((version) =>
    isHit(version, extensions),
  );
  const numbers = versions.map((version) => version.number);
  const page = { limit, after: from - 1 };
  const { carriers, next } = await carriersOf(kind, numbers, page, store);
  return { vulnerability, carriers, next: next === undefined ? 'done' : next + 1 };
}

type CarrierPage = Pick<NotifiedSide, 'carriers'> & Pick<LayerPage, 'next'>;

async function carriersOf(
  kind: NotificationPageRequest['carriers'],
  versions: readonly number[],
  page: PageRequest<number>,
  { namedLayers, ancestries }: NotificationViewRoom['store'],
): Promise<CarrierPage> {
  if (kind === 'layers') {
    const { layers, ...rest } = await namedLayers.bringing(versions, page);
    return { carriers: layers, ...rest };
  }
  const { ancestries: found, ...rest } = await ancestries.having(versions, page);
  return { carriers: found, ...rest };
}

/** Whether any of the rows speaks of such a build, and may hold its version: what nothing can order is told, too. */
function isHit(version: HitVersion, { schemes }: Pick<Extensions, 'schemes'>): boolean {
  const build = { ...version, version: version.build ?? version.version };
  return version.hits.some((hit) => holds(hit, build, { version: version.version, schemes }) !== false);
}
