import { ClairError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import { toV4Notifications } from '../../../report/clair4/notification.ts';
import type { V4Notification, V4NotificationPage } from '../../../report/clair4/types.ts';
import {
  type AffectedEntry,
  type RatedImagesDeps,
  ratedEntries,
} from '../../../service/notifications/affected-images.ts';
import { affectedPage } from '../../../service/notifications/notification-message.ts';
import type { Notification } from '../../../store/notification-store.ts';
import type { Store } from '../../../store/store.ts';
import type { ListLimiter } from '../list-limiter.ts';
import { type ApiRequest, type ApiResponse, badRequest, WireError } from '../route.ts';
import { negotiatedType } from './negotiate.ts';
import { nilUuid, readUuid } from './uuid.ts';

/** Dependencies of the routes of Clair's notifier. */
export interface NotifierDeps {
  readonly matching: RatedImagesDeps & { readonly store: Pick<Store, 'notifications'> };
  readonly listLimiter: ListLimiter;
}

/** `GET notification/:id`: returns a page of the manifests that a change affects. */
export async function getNotificationPage(request: ApiRequest, deps: NotifierDeps): Promise<ApiResponse> {
  const { matching, listLimiter } = deps;
  const name = uuidInPath(request);
  const size = pageSizeOf(request.query.get('page_size') ?? '');
  const contentType = negotiatedType('notification_page', request.headers);
  const notification = await matching.store.notifications.find(name);
  if (notification === undefined) throw unknownNotification(name);
  const next = request.query.get('next') ?? '';
  // Clients that read the position from a notification of Go send the last one for the first page.
  const after = next === '' || next === nilUuid ? {} : { after: next };
  const page = await listLimiter
    .run(request.signal, () => affectedPage(notification, { limit: size, ...after }, matching))
    .catch((error: unknown) => {
      throw error instanceof ClairError && error.code === 'usage' ? wrongNext() : error;
    });
  const images = await ratedEntries(page.images, matching.store);
  const body: V4NotificationPage = {
    page: { size, ...(page.next !== undefined && { next: page.next }) },
    notifications: images.flatMap((entry) => notificationsOf(entry, notification)),
  };
  return { status: 200, contentType, text: JSON.stringify(body) };
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
function notificationsOf({ names, findings }: AffectedEntry, notification: Notification): V4Notification[] {
  const [finding] = findings;
  if (finding === undefined) return [];
  const { name, namespace, id, new: is } = notification;
  const vulnerability = { ...finding.vulnerability, id };
  return toV4Notifications({
    ...{ name, namespace, isWithdrawn: is === null },
    images: [{ names, vulnerability, package: finding.package, fix: finding.fix }],
  });
}
