import * as z from 'zod/mini';
import { limits } from '../../../core/limits.ts';
import type { ListedEvent } from '../../../store/event-store.ts';
import {
  type Notification,
  type NotificationPlace,
  notificationStates,
  stateOfNotification,
} from '../../../store/notification-store.ts';
import { integerParameter, parseQuery } from '../native/query.ts';
import { type ApiRequest, type ApiResponse, WireError } from '../route.ts';
import type { CsvColumns } from './csv.ts';
import type { FleetDeps, FleetRoute } from './fleet-route.ts';
import { toEventJson } from './knowledge.ts';
import { listResponse, type RowList } from './list-response.ts';
import { notificationsDescription, resendDescription } from './notification-descriptions.ts';
import { pageCursor } from './page-cursor.ts';
import { jsonResponse } from './problem.ts';

const cursor = pageCursor('notifications', z.readonly(z.tuple([z.int(), z.string()])));
const notificationsPerPage = 100;

const listQuery = z.strictObject({
  limit: z._default(integerParameter(1, limits.affectedPerPage), notificationsPerPage),
  after: z.optional(cursor.parameter),
  state: z.optional(z.enum(notificationStates, `must be one of ${notificationStates.join(', ')}`)),
});

/** A notification with its event. Undefined if the event has been deleted meanwhile. */
interface NotificationRow {
  readonly notification: Notification;
  readonly event: ListedEvent | undefined;
}

/**
 * `GET /notifications`: returns a page of the notifications of receivers, those of the newest events first. One page reads at most
 * `limits.listedEvents` of them.
 */
async function listNotificationsRoute(
  request: ApiRequest,
  { store, listLimiter }: FleetDeps,
): Promise<ApiResponse> {
  const { limit, after, state } = parseQuery(request, listQuery);
  const list: RowList<NotificationRow, NotificationPlace> = {
    name: 'notifications',
    read: async (page) => {
      const { notifications, next } = await store.notifications.pageNewest(state, page);
      return { rows: await withEvents(notifications, store), next };
    },
    toJson: toNotificationJson,
    columns,
    nextOf: cursor.write,
  };
  return await listResponse(list, { limit, after }, { request, listLimiter });
}

async function withEvents(
  notifications: readonly Notification[],
  { events }: FleetDeps['store'],
): Promise<NotificationRow[]> {
  const found = await events.findListed([...new Set(notifications.map(({ event }) => event))]);
  const byNumber = new Map(found.map((event) => [event.number, event]));
  return notifications.map((notification) => ({
    notification,
    event: byNumber.get(notification.event),
  }));
}

function toNotificationJson({ notification, event }: NotificationRow): object {
  const { name, namespace, createdAt, notifiedAt, dueAt, deletedAt } = notification;
  const state = stateOfNotification(notification);
  const shown = event === undefined ? null : toEventJson(event);
  return { name, state, namespace, createdAt, notifiedAt, dueAt, deletedAt, event: shown };
}

const columns: CsvColumns<NotificationRow> = {
  name: ({ notification }) => notification.name,
  state: ({ notification }) => stateOfNotification(notification),
  vulnerability: ({ notification }) => notification.id,
  namespace: ({ notification }) => notification.namespace,
  kind: ({ event }) => event?.kind,
  createdAt: ({ notification }) => notification.createdAt,
  notifiedAt: ({ notification }) => notification.notifiedAt,
  dueAt: ({ notification }) => notification.dueAt,
  deletedAt: ({ notification }) => notification.deletedAt,
};

/** `POST /notifications/:name/resend`: makes a notification due now. Costs one row. */
async function resendRoute(request: ApiRequest, { store, announceWork }: FleetDeps): Promise<ApiResponse> {
  const name = request.params['name'] ?? '';
  const notification = await store.notifications.resend(name);
  if (notification === undefined) throw new WireError(404, 'there is no such notification');
  if (stateOfNotification(notification) === 'acknowledged')
    throw new WireError(409, 'a client has acknowledged this notification');
  announceWork();
  const [row] = await withEvents([notification], store);
  return jsonResponse(202, row === undefined ? {} : toNotificationJson(row));
}

/** The routes of `/api/v1` on notifications. */
export const notificationRoutes: readonly FleetRoute[] = [
  {
    name: 'api/v1/listNotifications',
    method: 'GET',
    path: '/notifications',
    handler: listNotificationsRoute,
    description: notificationsDescription,
  },
  {
    name: 'api/v1/resendNotification',
    method: 'POST',
    path: '/notifications/:name/resend',
    handler: resendRoute,
    description: resendDescription,
  },
];
