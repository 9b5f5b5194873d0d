import {
  type NotificationView,
  type NotifiedSide,
  type PageStart,
  viewNotification,
} from '../../../service/notification-view.ts';
import type { ApiAnswer, ApiRequest } from '../exchange.ts';
import { asGo } from '../go-json-encode.ts';
import { badRequest, notFound } from './faults.ts';
import { renderWithFixes } from './render.ts';
import { limitOf } from './request.ts';
import type { V1Room } from './room.ts';
import { type NotificationPage, notificationEnvelope, type VulnerabilityWithLayers } from './types.ts';

/** With this limit Clair tells of no layers. */
const noLayers = -1;

/** What a page token says of a side of which all was told. */
const doneOnWire = -1;

/** `GET /notifications/:name`: a page of the layers that a change concerns. */
export async function getNotificationRoute(request: ApiRequest, room: V1Room): Promise<ApiAnswer> {
  const limit = limitOf(request);
  if (limit < noLayers) throw badRequest('limit value should not be less than -1');
  const token = request.query.get('page');
  const page =
    token === null ? { OldVulnerability: 0, NewVulnerability: 0 } : room.tokens.readNotificationPage(token);
  const view = await viewNotification(
    request.params['name'] ?? '',
    { carriers: 'layers', limit, old: startOf(page.OldVulnerability), new: startOf(page.NewVulnerability) },
    room,
  );
  if (view === undefined) throw notFound();
  const { notification, old, new: now } = view;
  const shown = {
    Name: notification.name,
    Created: seconds(notification.createdAt),
    Notified: seconds(notification.notifiedAt),
    Deleted: seconds(notification.deletedAt),
    Limit: limit,
    Page: token ?? room.tokens.writeNotificationPage(page),
    ...nextPage(view, room),
    ...(old !== undefined && { Old: renderSide(old) }),
    ...(now !== undefined && { New: renderSide(now) }),
  };
  return { status: 200, body: asGo(notificationEnvelope, { Notification: shown }) };
}

/** `DELETE /notifications/:name`: says that it was heard, or a digest, which has a name like it. */
export async function deleteNotificationRoute({ params }: ApiRequest, { store }: V1Room): Promise<ApiAnswer> {
  const { name = '' } = params;
  const isKnown = (await store.notifications.markDeleted(name)) || (await store.digests.markDeleted(name));
  if (!isKnown) throw notFound();
  return { status: 200 };
}

function startOf(number: number): PageStart {
  return number === doneOnWire ? 'done' : number;
}

function nextPage({ old, new: now }: NotificationView, { tokens }: V1Room): { readonly NextPage?: string } {
  const ofSide = (side: NotifiedSide | undefined): number =>
    side === undefined || side.next === 'done' ? doneOnWire : side.next;
  const page: NotificationPage = { OldVulnerability: ofSide(old), NewVulnerability: ofSide(now) };
  const isLast = page.OldVulnerability === doneOnWire && page.NewVulnerability === doneOnWire;
  return isLast ? {} : { NextPage: tokens.writeNotificationPage(page) };
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

function seconds(time: string | null): string {
  return time === null ? '' : String(Math.floor(Date.parse(time) / 1000));
}
