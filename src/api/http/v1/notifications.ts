import { limits } from '../../../core/limits.ts';
import {
  type NotificationView,
  type NotifiedSide,
  viewNotification,
} from '../../../service/notifications/notification-view.ts';
import { encodeGoValue } from '../go-json-encode.ts';
import type { RouteHandler } from '../route.ts';
import { badRequest } from '../route.ts';
import type { V1Deps } from './deps.ts';
import { notFoundError } from './errors.ts';
import { pageStartOf, rowOf } from './page-token.ts';
import { renderTime, renderWithFixes } from './render.ts';
import { limitOf } from './request.ts';
import { notificationEnvelope, type VulnerabilityWithLayers } from './types.ts';

/** The limit with which Clair lists no layers. */
const noLayers = -1;

/** `GET /notifications/:name`: returns a page of the layers that a change affects. */
export const getNotificationRoute =
  (deps: V1Deps): RouteHandler =>
  async (request) => {
    const limit = Math.min(limitOf(request), limits.listedPerPage);
    if (limit < noLayers) throw badRequest('limit value should not be less than -1');
    const token = request.query.get('page');
    const page =
      token === null ? { OldVulnerability: 0, NewVulnerability: 0 } : deps.tokens.readNotificationPage(token);
    const start = { old: pageStartOf(page.OldVulnerability), new: pageStartOf(page.NewVulnerability) };
    const view = await deps.listLimiter.run(request.signal, () =>
      viewNotification(request.params['name'] ?? '', { affectedKind: 'layers', limit, ...start }, deps),
    );
    if (view === undefined) throw notFoundError();
    const { notification, old, new: now } = view;
    const notificationBody = {
      Name: notification.name,
      Created: renderTime(notification.createdAt),
      Notified: renderTime(notification.notifiedAt),
      Deleted: renderTime(notification.deletedAt),
      Limit: limit,
      Page: token ?? deps.tokens.writeNotificationPage(page),
      ...nextPage(view, deps),
      ...(old !== undefined && { Old: renderSide(old) }),
      ...(now !== undefined && { New: renderSide(now) }),
    };
    return { status: 200, text: encodeGoValue(notificationEnvelope, { Notification: notificationBody }) };
  };

/** `DELETE /notifications/:name`: acknowledges a notification or a batch. Both have names of the same form. */
export const deleteNotificationRoute =
  ({ store }: V1Deps): RouteHandler =>
  async ({ params, addLogDetails }) => {
    const { name = '' } = params;
    addLogDetails({ notification: name });
    // No name contains NUL, and PostgreSQL rejects it in values.
    const mayBeKnown = !name.includes('\u0000');
    const isKnown =
      mayBeKnown &&
      ((await store.notifications.markDeleted(name)) || (await store.batches.markDeleted(name)));
    if (!isKnown) throw notFoundError();
    return { status: 200 };
  };

function nextPage({ old, new: now }: NotificationView, { tokens }: V1Deps): { readonly NextPage?: string } {
  const [ofOld, ofNew] = [old?.next ?? 'done', now?.next ?? 'done'];
  if (ofOld === 'done' && ofNew === 'done') return {};
  const page = { OldVulnerability: rowOf(ofOld), NewVulnerability: rowOf(ofNew) };
  return { NextPage: tokens.writeNotificationPage(page) };
}

function renderSide({ vulnerability, affected }: NotifiedSide): VulnerabilityWithLayers {
  return {
    Vulnerability: renderWithFixes(vulnerability),
    OrderedLayersIntroducingVulnerability: affected.map(({ number, name }) => ({
      Index: number,
      LayerName: name,
    })),
    LayersIntroducingVulnerability: affected.map(({ name }) => name),
  };
}
