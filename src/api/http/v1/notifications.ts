import { limits } from '../../../kit/limits.ts';
import {
  type NotificationView,
  type NotifiedSide,
  viewNotification,
} from '../../../service/notices/notification-view.ts';
import type { ApiAnswer, ApiRequest } from '../exchange.ts';
import { asGo } from '../go-json-encode.ts';
import { badRequest, notFound } from './faults.ts';
import { pageStartOf, rowOf } from './page-token.ts';
import { renderTime, renderWithFixes } from './render.ts';
import { limitOf } from './request.ts';
import type { V1Room } from './room.ts';
import { notificationEnvelope, type VulnerabilityWithLayers } from './types.ts';

/** With this limit Clair tells of no layers. */
const noLayers = -1;

/** `GET /notifications/:name`: a page of the layers that a change concerns. */
export async function getNotificationRoute(request: ApiRequest, room: V1Room): Promise<ApiAnswer> {
  const limit = Math.min(limitOf(request), limits.listedPerPage);
  if (limit < noLayers) throw badRequest('limit value should not be less than -1');
  const token = request.query.get('page');
  const page =
    token === null ? { OldVulnerability: 0, NewVulnerability: 0 } : room.tokens.readNotificationPage(token);
  const start = { old: pageStartOf(page.OldVulnerability), new: pageStartOf(page.NewVulnerability) };
  const view = await room.lists.make(request.signal, () =>
    viewNotification(request.params['name'] ?? '', { carriers: 'layers', limit, ...start }, room),
  );
  if (view === undefined) throw notFound();
  const { notification, old, new: now } = view;
  const shown = {
    Name: notification.name,
    Created: renderTime(notification.createdAt),
    Notified: renderTime(notification.notifiedAt),
    Deleted: renderTime(notification.deletedAt),
    Limit: limit,
    Page: token ?? room.tokens.writeNotificationPage(page),
    ...nextPage(view, room),
    ...(old !== undefined && { Old: renderSide(old) }),
    ...(now !== undefined && { New: renderSide(now) }),
  };
  return { status: 200, body: asGo(notificationEnvelope, { Notification: shown }) };
}

/** `DELETE /notifications/:name`: says that it was heard, or a digest, which has a name like it. */
export async function deleteNotificationRoute(
  { params, note }: ApiRequest,
  { store }: V1Room,
): Promise<ApiAnswer> {
  const { name = '' } = params;
  note({ notification: name });
  // No name has a NUL character, and PostgreSQL takes none in a value.
  const mayBeKnown = !name.includes('\u0000');
  const isKnown =
    mayBeKnown && ((await store.notifications.markDeleted(name)) || (await store.digests.markDeleted(name)));
  if (!isKnown) throw notFound();
  return { status: 200 };
}

function nextPage({ old, new: now }: NotificationView, { tokens }: V1Room): { readonly NextPage?: string } {
  const [ofOld, ofNew] = [old?.next ?? 'done', now?.next ?? 'done'];
  if (ofOld === 'done' && ofNew === 'done') return {};
  const page = { OldVulnerability: rowOf(ofOld), NewVulnerability: rowOf(ofNew) };
  return { NextPage: tokens.writeNotificationPage(page) };
}

function renderSide({ vulnerability, carriers }: NotifiedSide): VulnerabilityWithLayers {
  return {
    Vulnerability: renderWithFixes(vulnerability),
    OrderedLayersIntroducingVulnerability: carriers.map(({ number, name }) => ({
      Index: number,
      LayerName: name,
    })),
    LayersIntroducingVulnerability: carriers.map(({ name }) => name),
  };
}
