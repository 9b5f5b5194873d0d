import { ClairError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import { compareText } from '../../../model/order.ts';
import type { Match } from '../../../model/report.ts';
import { compareSeverity, type Severity } from '../../../model/severity.ts';
import { toV4Notifications } from '../../../report/clair4/notification.ts';
import type { V4Notification, V4NotificationPage } from '../../../report/clair4/types.ts';
import { type AffectedEntry, ratedEntries } from '../../../service/notifications/affected-images.ts';
import { changedPage } from '../../../service/notifications/notification-message.ts';
import {
  type ChangedFinding,
  pageOfUpdate,
  type UpdatePage,
  type UpdatePageDeps,
  type UpdatePosition,
} from '../../../service/notifications/update-page.ts';
import type { Notification } from '../../../store/notification-store.ts';
import type { ListLimiter } from '../list-limiter.ts';
import { type ApiRequest, type ApiResponse, badRequest, WireError } from '../route.ts';
import { negotiatedType } from './negotiate.ts';
import { nilUuid, readUuid } from './uuid.ts';

/** Dependencies of the routes of Clair's notifier. */
export interface NotifierDeps {
  readonly matching: Omit<UpdatePageDeps, 'filter'>;
  /** The changes that receivers are notified about. */
  readonly filter: UpdatePageDeps['filter'];
  readonly listLimiter: ListLimiter;
}

/** `GET notification/:id`: returns a page of the manifests that an update affects, or a change that represents no update. */
export async function getNotificationPage(request: ApiRequest, deps: NotifierDeps): Promise<ApiResponse> {
  const { matching, filter, listLimiter } = deps;
  const name = uuidInPath(request);
  const size = pageSizeOf(request.query.get('page_size') ?? '');
  const contentType = negotiatedType('notification_page', request.headers);
  const notification = await matching.store.notifications.find(name);
  if (notification === undefined) throw unknownNotification(name);
  const next = request.query.get('next') ?? '';
  // Clients that read the position from a notification of Go send the last one for the first page.
  const after = next === nilUuid ? '' : next;
  const part = await listLimiter
    .run(request.signal, () => partOf(notification, { size, after }, { ...matching, filter }))
    .catch((error: unknown) => {
      throw error instanceof ClairError && error.code === 'usage' ? wrongNext() : error;
    });
  const body: V4NotificationPage = {
    page: { size, ...(part.next !== undefined && { next: part.next }) },
    notifications: part.notifications,
  };
  return { status: 200, contentType, text: JSON.stringify(body) };
}

interface PageStart {
  readonly size: number;
  /** The text of the previous page; empty for the first one. */
  readonly after: string;
}

/** A page of notifications of manifests. `next` is absent on the last one. */
interface NotificationPart {
  readonly notifications: readonly V4Notification[];
  readonly next?: string;
}

async function partOf(
  notification: Notification,
  { size: limit, after }: PageStart,
  deps: UpdatePageDeps,
): Promise<NotificationPart> {
  const page = await pageOfUpdate(notification.name, { limit, after: positionOf(after) }, deps);
  if (page === undefined) return await partOfChange(notification, { size: limit, after }, deps);
  const next = page.next && textOf(page.next);
  return { notifications: summaries(notification.name, page), ...(next !== undefined && { next }) };
}

/** Reads a position: the name of a notification, and a position in the images after it. Both may be empty. */
function positionOf(text: string): UpdatePosition {
  const [done = '', images] = text.split(/:(.*)/s);
  return { done: done === '' ? undefined : done, images: images === '' ? undefined : images };
}

function textOf({ done = '', images = '' }: UpdatePosition): string {
  return `${done}:${images}`;
}

/** Returns one notification for each manifest and reason on a page: that of the most severe vulnerability, as in Clair's summaries. */
function summaries(name: string, { findings }: UpdatePage): V4Notification[] {
  const worst = findings.toSorted((a, b) => compareSeverity(severityOf(b), severityOf(a)));
  const byPlace = new Map<string, V4Notification>();
  for (const { entry, finding, advisory, namespace, isEnded } of worst) {
    const all = toV4Notifications({
      name: `${name} ${advisory}`,
      namespace,
      isEnded,
      images: [{ names: entry.names, ...contentOf(finding, advisory) }],
    });
    for (const one of all) {
      const place = `${one.reason} ${one.manifest}`;
      if (!byPlace.has(place)) byPlace.set(place, one);
    }
  }
  return [...byPlace.values()].sort((a, b) => compareText(a.manifest, b.manifest));
}

function severityOf({ finding }: ChangedFinding): Severity {
  return finding.vulnerability.severity;
}

async function partOfChange(
  notification: Notification,
  { size, after }: PageStart,
  deps: UpdatePageDeps,
): Promise<NotificationPart> {
  const page = await changedPage(notification, { limit: size, ...(after !== '' && { after }) }, deps);
  const images = await ratedEntries(page.images, deps.store);
  return {
    notifications: images.flatMap((entry) => notificationsOf(entry, notification)),
    ...(page.next !== undefined && { next: page.next }),
  };
}

/** `DELETE notification/:id`: acknowledges a notification. It can still be read. */
export async function acknowledgeNotification(request: ApiRequest, deps: NotifierDeps): Promise<ApiResponse> {
  const name = uuidInPath(request);
  request.addLogDetails({ notification: name });
  if (!(await deps.matching.store.notifications.markDeleted(name))) throw unknownNotification(name);
  return { status: 200 };
}

function wrongNext(): WireError {
  return badRequest('could not parse "next" query param into integer');
}

function unknownNotification(name: string): WireError {
  return new WireError(404, `notification ${name} not found`);
}

/** Returns the id in the path. Throws `WireError` 400. */
function uuidInPath({ params }: Pick<ApiRequest, 'params'>): string {
  return readUuid(params['id'] ?? '', 'could not parse notification id', { namesFault: true });
}

/** The size of a page if a client names none, as in Clair. */
const defaultPageSize = 500;

function pageSizeOf(text: string): number {
  const size = text === '' ? 0 : Number(text);
  if (!/^\d*$/.test(text) || !Number.isSafeInteger(size))
    throw badRequest('could not parse "page_size" query param into integer');
  return size === 0 ? defaultPageSize : Math.min(size, limits.listedPerPage);
}

/** Returns a notification for each manifest of an image. */
function notificationsOf(
  { names, findings, isEnded }: AffectedEntry,
  notification: Notification,
): V4Notification[] {
  const [finding] = findings;
  if (finding === undefined) return [];
  const { name, namespace, id } = notification;
  return toV4Notifications({
    name,
    namespace,
    isEnded,
    images: [{ names, ...contentOf(finding, id) }],
  });
}

/** Returns a finding under the id of its advisory, as in reports. */
function contentOf({ vulnerability, package: item, fix }: Match, id: string) {
  return { vulnerability: { ...vulnerability, id }, package: item, fix };
}
