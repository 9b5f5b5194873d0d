import type { BatchNotificationContent, NotificationMessage } from '../../plugin/transport.ts';
import type { Notification } from '../../store/notification-store.ts';
import type { Store } from '../../store/store.ts';
import type { AffectedImagesDeps } from './affected-images.ts';
import { affectedPackagesOf, affectedPage, changeOf, sidesOf } from './notification-message.ts';

/** Dependencies and options of batches. */
export interface NotificationBatchDeps extends AffectedImagesDeps {
  readonly store: AffectedImagesDeps['store'] & Pick<Store, 'notifications' | 'batches'>;
  /** Length of the window of a batch in milliseconds, from the first change of the image. */
  readonly batchWindowMs: number;
}

/** Images added in one transaction. */
const imagesPerTransaction = 500;

/** Adds a notification to the batches of all images that it affects. Safe to repeat after an interruption: the store skips what it has. */
export async function addToBatches(
  notification: Notification,
  deps: NotificationBatchDeps,
  signal: AbortSignal,
): Promise<void> {
  for (let after: string | undefined; !signal.aborted; ) {
    const page = { limit: imagesPerTransaction, ...(after !== undefined && { after }) };
    const { images, next } = await affectedPage(notification, page, deps);
    const items = images.flatMap((entry) => {
      const affected = affectedPackagesOf(entry);
      return affected === undefined ? [] : [{ image: entry.image, ...affected }];
    });
    await deps.store.batches.add(notification.name, items, deps.batchWindowMs);
    if (next === undefined) return;
    after = next;
  }
}

/** Closes a batch and returns its message, so that a redelivery has the same content. Returns undefined for an unknown or empty batch. */
export async function batchMessage(
  name: string,
  deps: NotificationBatchDeps,
): Promise<NotificationMessage | undefined> {
  const { batches } = deps.store;
  const batch = await batches.find(name);
  const content = await batches.close(name);
  if (batch === undefined || content === undefined || content.items.length === 0) return undefined;
  const { identity, names, items } = content;
  const readContent = async (): Promise<BatchNotificationContent> => {
    const changes: BatchNotificationContent['changes'][number][] = [];
    const byNotification = Map.groupBy(items, ({ notification }) => notification);
    for (const [of, [first, ...others]] of byNotification) {
      const notification = await deps.store.notifications.find(of);
      if (notification === undefined || first === undefined) continue;
      const packages = [first, ...others].flatMap((item) => item.packages);
      const change = changeOf(notification, await sidesOf(notification, deps));
      changes.push({ ...change, packages, fix: first.fix });
    }
    return { image: { identity, names }, changes };
  };
  return { name, createdAt: batch.createdAt, kind: 'digest', content: readContent };
}
