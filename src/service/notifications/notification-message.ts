import type {
  ChangeNotificationContent,
  NotificationImage,
  NotificationMessage,
  VulnerabilityChange,
} from '../../plugin/transport.ts';
import type { AffectedRequest } from '../../store/image-store.ts';
import type { Notification } from '../../store/notification-store.ts';
import {
  type AffectedEntry,
  type AffectedImagesDeps,
  type AffectedList,
  affectedByRecords,
} from './affected-images.ts';
import { type Sides, toVulnerability, withoutMarkerRows } from './notification-filter.ts';

/** The API serves the images beyond these. */
const maxImagesPerMessage = 100;

/** Reads both sides of a notification, with only the rows of its namespace. */
export async function sidesOf(
  { namespace, old, new: is }: Notification,
  { store }: AffectedImagesDeps,
): Promise<Sides> {
  const numbers = [old, is].filter((number) => number !== null);
  const records = await store.vulnerabilities.findByNumbers(numbers);
  const side = (number: number | null): Sides['old'] => {
    const record = records.find((one) => one.number === number);
    return record === undefined
      ? null
      : toVulnerability(record, (name) => namespace === null || name === namespace);
  };
  return { old: side(old), new: side(is) };
}

/** Returns a notification for transports. The content is read on demand, and once for all of them. */
export function notificationMessage(
  notification: Notification,
  sides: Sides,
  deps: AffectedImagesDeps,
): NotificationMessage {
  const { name, createdAt } = notification;
  let reading: Promise<ChangeNotificationContent> | undefined;
  const content = async (): Promise<ChangeNotificationContent> => {
    reading ??= contentOf(notification, sides, deps).then(({ next: _, ...shown }) => shown);
    try {
      return await reading;
    } catch (error) {
      reading = undefined;
      throw error;
    }
  };
  const pages = (): AsyncIterable<ChangeNotificationContent> => pagesOf(notification, sides, deps);
  return { name, createdAt, kind: 'change', content, pages };
}

async function* pagesOf(
  notification: Notification,
  sides: Sides,
  deps: AffectedImagesDeps,
): AsyncGenerator<ChangeNotificationContent> {
  let after: string | undefined;
  do {
    const { next, ...content } = await contentOf(notification, sides, deps, after);
    yield content;
    after = next;
  } while (after !== undefined);
}

async function contentOf(
  notification: Notification,
  sides: Sides,
  deps: AffectedImagesDeps,
  after?: string,
): Promise<ChangeNotificationContent & { readonly next?: string | undefined }> {
  const page = { limit: maxImagesPerMessage, ...(after !== undefined && { after }) };
  const { images, next } = await affectedPage(notification, page, deps);
  return {
    next,
    ...changeOf(notification, sides),
    images: images.flatMap((entry) => {
      const { identity, names } = entry;
      const affected = affectedPackagesOf(entry);
      return affected === undefined ? [] : [{ identity, names, ...affected }];
    }),
    hasMoreImages: next !== undefined,
  };
}

/** Returns the change that a notification is about. */
export function changeOf(
  { source, namespace, old, new: is }: Notification,
  sides: Sides,
): VulnerabilityChange {
  const kind = old === null ? 'new' : is === null ? 'withdrawn' : 'changed';
  return { source, namespace, kind, ...withoutMarkerRows(sides) };
}

/** Returns a page of the images that a notification affects, or affected before it was withdrawn. */
export async function affectedPage(
  { namespace, old, new: is }: Notification,
  page: Omit<AffectedRequest, 'namespace'>,
  deps: AffectedImagesDeps,
): Promise<AffectedList> {
  const record = is ?? old;
  const request = { ...page, ...(namespace !== null && { namespace }) };
  return await affectedByRecords(record === null ? [] : [record], request, deps);
}

/** Whether a notification affects images, and rules or statements suppress its findings in all of them. */
export async function isSuppressedEverywhere(
  notification: Notification,
  deps: AffectedImagesDeps,
): Promise<boolean> {
  if ((await deps.suppressions?.mayApply()) !== true) return false;
  let suppressed = 0;
  for (let after: string | undefined; ; ) {
    const page = { limit: maxImagesPerMessage, ...(after !== undefined && { after }) };
    const found = await affectedPage(notification, page, deps);
    if (found.images.length > 0) return false;
    suppressed += found.suppressed;
    if (found.next === undefined) return suppressed > 0;
    after = found.next;
  }
}

/** Returns the affected packages of an image. Undefined if there are no findings. */
export function affectedPackagesOf({
  findings,
}: AffectedEntry): Pick<NotificationImage, 'packages' | 'fix'> | undefined {
  const [first] = findings;
  if (first === undefined) return undefined;
  const packages = new Map(
    findings.map(({ package: item }) => [`${item.purl}\n${item.location.path}`, item]),
  );
  return { packages: [...packages.values()], fix: first.fix };
}
