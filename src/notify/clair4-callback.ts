import { ClairError } from '../core/errors.ts';
import { manifestOfName } from '../model/digest.ts';
import type { EndedImages, NotificationMessage } from '../plugin/transport.ts';

/**
 * Whether a manifest is among the images that are affected, or no longer affected. If there are more images than are listed, one of them may
 * be.
 */
export async function affectsManifest(notification: NotificationMessage): Promise<boolean> {
  if (notification.kind !== 'change') return false;
  const { noLongerAffected, ...affected } = await notification.content();
  return hasManifest(affected) || (noLongerAffected !== undefined && hasManifest(noLongerAffected));
}

function hasManifest({ images, hasMoreImages }: EndedImages): boolean {
  return (
    hasMoreImages || images.some(({ names }) => names.some((name) => manifestOfName(name) !== undefined))
  );
}

/**
 * Returns the URL below which notifications are. As in Clair, a slash at its end may be missing. Throws `config-invalid` with the name of
 * the setting.
 */
export function callbackOf(setting: string, text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new ClairError('config-invalid', `${setting} must be an http or https URL`);
  return url.href.endsWith('/') ? url.href : `${url.href}/`;
}

/** Returns the message that names a notification and its address, as Clair v4 writes it. */
export function callbackMessage(callback: string, { name }: Pick<NotificationMessage, 'name'>): string {
  return JSON.stringify({ callback: `${callback}${name}`, notification_id: name });
}
