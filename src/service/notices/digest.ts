import type { DigestContent, Notice } from '../../plugin/transport.ts';
import type { Notification, Store } from '../../store/store.ts';
import type { AffectedRoom } from './affected.ts';
import { affectedPage, changeOf, concernedOf, sidesOf } from './notice.ts';

/** What digests are made of and in. */
export interface DigestRoom extends AffectedRoom {
  readonly store: AffectedRoom['store'] & Pick<Store, 'notifications' | 'digests'>;
  /** So long changes are gathered for an image, from the first one on. */
  readonly digestMs: number;
}

/** So many images are added in one transaction. */
const imagesAtATime = 500;

/**
 * Adds what a notification says to the digests of all images it concerns. Where that breaks off it is done again from the beginning:
 * what was added is known.
 */
export async function addToDigests(
  notification: Notification,
  room: DigestRoom,
  signal: AbortSignal,
): Promise<void> {
  for (let after: string | undefined; !signal.aborted; ) {
    const page = { limit: imagesAtATime, ...(after !== undefined && { after }) };
    const { images, next } = await affectedPage(notification, page, room);
    const items = images.flatMap((entry) => {
      const concerned = concernedOf(entry);
      return concerned === undefined ? [] : [{ image: entry.image, ...concerned }];
    });
    await room.store.digests.add(notification.name, items, room.digestMs);
    if (next === undefined) return;
    after = next;
  }
}

/** A digest for a transport, which takes no more from now on: told again, it tells the same. */
export async function noticeOfDigest(name: string, room: DigestRoom): Promise<Notice | undefined> {
  const { digests } = room.store;
  const digest = await digests.find(name);
  const content = await digests.close(name);
  if (digest === undefined || content === undefined || content.items.length === 0) return undefined;
  const { identity, names, items } = content;
  const told = async (): Promise<DigestContent> => {
    const changes: DigestContent['changes'][number][] = [];
    const byNotification = Map.groupBy(items, ({ notification }) => notification);
    for (const [of, [first, ...others]] of byNotification) {
      const notification = await room.store.notifications.find(of);
      if (notification === undefined || first === undefined) continue;
      const packages = [first, ...others].flatMap((item) => item.packages);
      const change = changeOf(notification, await sidesOf(notification, room));
      changes.push({ ...change, packages, fix: first.fix });
    }
    return { image: { identity, names }, changes };
  };
  return { name, createdAt: digest.createdAt, kind: 'digest', content: told };
}
