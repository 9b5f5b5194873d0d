import { limits } from '../../../kit/limits.ts';
import {
  type NotifiedSide,
  type PageStart,
  viewNotification,
} from '../../../service/notices/notification-view.ts';
import { pageStartOf, rowOf } from '../v1/page-token.ts';
import { renderTime } from '../v1/render.ts';
import { inClairsWords, invalid, RpcFault } from './faults.ts';
import { renderVulnerability } from './render.ts';
import type { V3Room } from './room.ts';
import type * as wire from './types.ts';

/** `GetNotification`: a page of the ancestries that a change concerns, of each side by itself. */
export async function getNotification(
  { name, limit: asked, ...pages }: wire.GetNotificationRequest,
  room: V3Room,
  signal?: AbortSignal,
): Promise<wire.GetNotificationResponse> {
  const limit = Math.min(asked, limits.listedPerPage);
  if (name === '') throw invalid('notification name should not be empty');
  if (limit < 1) throw invalid('notification page limit should not be empty or less than 1');
  const known = await room.store.notifications.find(name);
  if (known === undefined) throw unknown(name);
  // As in Clair, the token of a side that is not there is not looked at.
  const old = known.old === null ? 'done' : startOf(pages.old_vulnerability_page, room);
  const now = known.new === null ? 'done' : startOf(pages.new_vulnerability_page, room);
  const view = await room.lists.make(signal, () =>
    viewNotification(name, { carriers: 'ancestries', limit, old, new: now }, room),
  );
  if (view === undefined) throw unknown(name);
  const { notification } = view;
  return {
    notification: {
      name,
      created: renderTime(notification.createdAt),
      notified: renderTime(notification.notifiedAt),
      deleted: renderTime(notification.deletedAt),
      ...(view.old && { old: renderSide(view.old, { limit, start: old }, room) }),
      ...(view.new && { new: renderSide(view.new, { limit, start: now }, room) }),
    },
  };
}

/** `MarkNotificationAsRead`: says that it was heard, which can be said once. */
export async function markNotificationAsRead(
  { name }: wire.MarkNotificationAsReadRequest,
  { store }: V3Room,
): Promise<object> {
  if (name === '') throw invalid('notification name should not be empty');
  const notification = await store.notifications.find(name);
  if (notification === undefined || notification.deletedAt !== null) throw unknown(name);
  await store.notifications.markDeleted(name);
  return {};
}

function startOf(token: string, { tokens }: V3Room): PageStart {
  if (token === '') return 0;
  try {
    return pageStartOf(tokens.readRow(token));
  } catch {
    throw invalid(inClairsWords('invalid or expired pagination token'));
  }
}

function renderSide(
  { vulnerability, carriers, next }: NotifiedSide,
  { limit, start }: { readonly limit: number; readonly start: PageStart },
  { tokens }: V3Room,
): wire.PagedVulnerableAncestries {
  return {
    current_page: tokens.writeRow(rowOf(start)),
    ...(next !== 'done' && { next_page: tokens.writeRow(next) }),
    limit,
    vulnerability: renderVulnerability(vulnerability),
    ancestries: carriers.map(({ number: index, name }) => ({ index, name })),
  };
}

function unknown(name: string): RpcFault {
  return new RpcFault('not-found', `requested notification '${name}' is not found`);
}
