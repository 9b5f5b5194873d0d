import { rowMatches } from '../../match/row-matches.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { HitVersion, LayerPage, Notification, PageRequest, Store } from '../../store/store.ts';
import { type FullVulnerability, toVulnerabilityView } from '../findings/vulnerability-view.ts';

/** Where a page begins: the number of the first who is on it; `done` for a side of which all was told. */
export type PageStart = number | 'done';

/** What a notification tells of the vulnerability as it was, or as it is. */
export interface NotifiedSide {
  readonly vulnerability: FullVulnerability;
  /** Layers that brought something vulnerable, or ancestries that have it, by rising number. */
  readonly affected: readonly { readonly number: number; readonly name: string }[];
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
  readonly affectedKind: 'layers' | 'ancestries';
  /** So many of each side; none for 0 and less. */
  readonly limit: number;
  readonly old: PageStart;
  readonly new: PageStart;
}

/** What looking at notifications needs. */
export interface NotificationViewDeps {
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

/** One side of a notification; nothing where there is none. */
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
  const versions = (await store.namedLayers.findHitVersions([number])).filter((version) =>
    isHit(version, extensions),
  );
  const numbers = versions.map((version) => version.number);
  const page = { limit, after: from - 1 };
  const { affected, next } = await affectedOf(kind, numbers, page, store);
  return { vulnerability, affected, next: next === undefined ? 'done' : next + 1 };
}

type AffectedNamesPage = Pick<NotifiedSide, 'affected'> & Pick<LayerPage, 'next'>;

async function affectedOf(
  kind: NotificationPageRequest['affectedKind'],
  versions: readonly number[],
  page: PageRequest<number>,
  { namedLayers, ancestries }: NotificationViewDeps['store'],
): Promise<AffectedNamesPage> {
  if (kind === 'layers') {
    const { layers, ...rest } = await namedLayers.pageIntroducing(versions, page);
    return { affected: layers, ...rest };
  }
  const { ancestries: found, ...rest } = await ancestries.pageByVersions(versions, page);
  return { affected: found, ...rest };
}

/** Whether any of the rows speaks of such a build, and may hold its version: what nothing can order is told, too. */
function isHit(version: HitVersion, { schemes }: Pick<Extensions, 'schemes'>): boolean {
  const build = { ...version, version: version.build ?? version.version };
  return version.hits.some((hit) => rowMatches(hit, build, { version: version.version, schemes }) !== false);
}
