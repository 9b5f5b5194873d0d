import { limits } from '../../../core/limits.ts';
import {
  type NotifiedSide,
  type PageStart,
  viewNotification,
} from '../../../service/notifications/notification-view.ts';
import { pageStartOf, rowOf } from '../v1/page-token.ts';
import { renderTime } from '../v1/render.ts';
import type { V3Deps } from './deps.ts';
import { clairReason, invalidArgument, RpcError } from './errors.ts';
import { renderV3Vulnerability } from './render.ts';
import type * as wire from './types.ts';

/** `GetNotification`: returns a page of the ancestries that a change affects, separately for each side. */
export async function getNotification(
  { name, limit: requestedLimit, ...pages }: wire.GetNotificationRequest,
  deps: V3Deps,
  signal?: AbortSignal,
): Promise<wire.GetNotificationResponse> {
  const limit = Math.min(requestedLimit, limits.listedPerPage);
  if (name === '') throw invalidArgument('notification name should not be empty');
  if (limit < 1) throw invalidArgument('notification page limit should not be empty or less than 1');
  const stored = await deps.store.notifications.find(name);
  if (stored === undefined) throw notificationNotFound(name);
  // As in Clair, the token of an absent side is ignored.
  const old = stored.old === null ? 'done' : startOf(pages.old_vulnerability_page, deps);
  const now = stored.new === null ? 'done' : startOf(pages.new_vulnerability_page, deps);
  const view = await deps.listLimiter.run(signal, () =>
    viewNotification(name, { affectedKind: 'ancestries', limit, old, new: now }, deps),
  );
  if (view === undefined) throw notificationNotFound(name);
  const { notification } = view;
  return {
    notification: {
      name,
      created: renderTime(notification.createdAt),
      notified: renderTime(notification.notifiedAt),
      deleted: renderTime(notification.deletedAt),
      ...(view.old && { old: renderSide(view.old, { limit, start: old }, deps) }),
      ...(view.new && { new: renderSide(view.new, { limit, start: now }, deps) }),
    },
  };
}

/** `MarkNotificationAsRead`: acknowledges a notification. A second call gets NOT_FOUND. */
export async function markNotificationAsRead(
  { name }: wire.MarkNotificationAsReadRequest,
  { store }: V3Deps,
): Promise<object> {
  if (name === '') throw invalidArgument('notification name should not be empty');
  const notification = await store.notifications.find(name);
  if (notification === undefined || notification.deletedAt !== null) throw notificationNotFound(name);
  await store.notifications.markDeleted(name);
  return {};
}

function startOf(token: string, { tokens }: V3Deps): PageStart {
  if (token === '') return 0;
  try {
    return pageStartOf(tokens.readRow(token));
  } catch {
    throw invalidArgument(clairReason('invalid or expired pagination token'));
  }
}

function renderSide(
  { vulnerability, affected, next }: NotifiedSide,
  { limit, start }: { readonly limit: number; readonly start: PageStart },
  { tokens }: V3Deps,
): wire.PagedVulnerableAncestries {
  return {
    current_page: tokens.writeRow(rowOf(start)),
    ...(next !== 'done' && { next_page: tokens.writeRow(next) }),
    limit,
    vulnerability: renderV3Vulnerability(vulnerability),
    ancestries: affected.map(({ number: index, name }) => ({ index, name })),
  };
}

function notificationNotFound(name: string): RpcError {
  return new RpcError('not-found', `requested notification '${name}' is not found`);
}
