import { createHash } from 'node:crypto';
import { ClairError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import { manifestOfName } from '../../../model/digest.ts';
import type { Match } from '../../../model/report.ts';
import { noV4Distribution } from '../../../report/clair4/distribution.ts';
import { severityInV4 } from '../../../report/clair4/document.ts';
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

/** Clients that read it from a notification of Go send this for the first page. */
const nilUuid = '00000000-0000-0000-0000-000000000000';

/** Length of the text of a UUID without decoration. */
const uuidCharacters = 36;

/** Returns the id in the path. As in Clair, it may be in capitals, in braces, or a URN. Throws `WireError` 400. */
function uuidInPath({ params }: Pick<ApiRequest, 'params'>): string {
  const text = params['id'] ?? '';
  const bare = text.replace(/^urn:uuid:/i, '').replace(/^\{(.*)\}$/, '$1');
  if (/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(bare)) return bare.toLowerCase();
  const fault =
    bare.length === uuidCharacters ? 'invalid UUID format' : `invalid UUID length: ${text.length}`;
  throw badRequest(`could not parse notification id: ${fault}`);
}

/** The size of a page if a client names none, as in Clair. */
const defaultPageSize = 500;

function pageSizeOf(text: string): number {
  const size = text === '' ? 0 : Number(text);
  if (!/^\d*$/.test(text) || !Number.isSafeInteger(size))
    throw badRequest('could not parse "page_size" query param into integer');
  return size === 0 ? defaultPageSize : Math.min(size, limits.listedPerPage);
}

/** Returns a notification for each manifest of an image. A client acts on `added` only. */
function notificationsOf({ names, findings }: AffectedEntry, notification: Notification): V4Notification[] {
  const [finding] = findings;
  if (finding === undefined) return [];
  const reason = notification.new === null ? 'removed' : 'added';
  return names.flatMap((name) => {
    const manifest = manifestOfName(name);
    if (manifest === undefined) return [];
    const id = uuidOf([notification.name, manifest, finding.package.name, reason].join('\n'));
    return [{ id, manifest, reason, vulnerability: summaryOf(finding, notification) }];
  });
}

/** Clair writes the normalized word as `severity`, and Quay reads `normalized_severity`. */
function summaryOf(
  { vulnerability, package: item, fix }: Match,
  { namespace, id }: Notification,
): V4Notification['vulnerability'] {
  const severity = severityInV4(vulnerability.severity);
  const [did = '', release = ''] = (namespace ?? '').split(':');
  const version = release.replace(/^v(?=\d)/, '');
  return {
    ...{ name: id, description: vulnerability.description ?? '', severity, normalized_severity: severity },
    package: {
      ...{ id: '', name: item.name, version: item.version, kind: 'binary' },
      ...{ normalized_version: '', cpe: '', detector: null },
    },
    distribution:
      version === '' ? noV4Distribution : { ...noV4Distribution, did, version, version_id: version },
    repo: { cpe: '' },
    fixed_in_version: fix.state === 'fixed' ? fix.version : '',
    links: vulnerability.links.map((link) => link.replaceAll(' ', '%20')).join(' '),
  };
}

/** Returns a UUID that is equal for equal texts. RFC 9562 §5.8. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`];
  return [...parts, hex.slice(20, 32)].join('-');
}
