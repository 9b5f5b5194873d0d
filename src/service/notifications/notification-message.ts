import type { Vulnerability } from '../../model/vulnerability.ts';
import type {
  ChangeNotificationContent,
  EndedImages,
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
  affectedByChanges,
  affectedByRecords,
} from './affected-images.ts';
import { type Sides, toVulnerability, withoutMarkerRows } from './notification-filter.ts';

/** Images of each list of a message. The API serves those beyond. */
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
    reading ??= contentOf(notification, sides, deps);
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
  const change = changeOf(notification, sides);
  for await (const list of listsOf((page) => affectedPage(notification, page, deps)))
    yield { ...change, ...shownImages(list) };
  if (!mayEndFindings(sides)) return;
  for await (const list of listsOf((page) => endedPage(notification, page, deps)))
    yield { ...change, images: [], hasMoreImages: false, noLongerAffected: shownImages(list) };
}

type PageOfImages = Omit<AffectedRequest, 'namespace'>;

async function* listsOf(read: (page: PageOfImages) => Promise<AffectedList>): AsyncGenerator<AffectedList> {
  let after: string | undefined;
  do {
    const list = await read({ limit: maxImagesPerMessage, ...(after !== undefined && { after }) });
    yield list;
    after = list.next;
  } while (after !== undefined);
}

async function contentOf(
  notification: Notification,
  sides: Sides,
  deps: AffectedImagesDeps,
): Promise<ChangeNotificationContent> {
  const page = { limit: maxImagesPerMessage };
  const affected = shownImages(await affectedPage(notification, page, deps));
  const content = { ...changeOf(notification, sides), ...affected };
  if (!mayEndFindings(sides)) return content;
  const noLongerAffected = shownImages(await endedPage(notification, page, deps));
  const isEmpty = noLongerAffected.images.length === 0 && !noLongerAffected.hasMoreImages;
  return isEmpty ? content : { ...content, noLongerAffected };
}

function shownImages({ images, next }: AffectedList): EndedImages {
  const shown = images.flatMap((entry) => {
    const { identity, names } = entry;
    const affected = affectedPackagesOf(entry);
    return affected === undefined ? [] : [{ identity, names, ...affected }];
  });
  return { images: shown, hasMoreImages: next !== undefined };
}

/** Whether a changed vulnerability may affect fewer versions than before. Other ratings and fixes end no findings. */
function mayEndFindings({ old, new: is }: Sides): boolean {
  if (old === null || is === null) return false;
  const rowsOf = ({ affected }: Vulnerability): string =>
    JSON.stringify(
      affected.map(({ namespace, package: name, range, only, fix }) => [
        ...[namespace, name, range, only ?? null, fix.state === 'not-affected'],
      ]),
    );
  return rowsOf(old) !== rowsOf(is);
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
  page: PageOfImages,
  deps: AffectedImagesDeps,
): Promise<AffectedList> {
  const record = is ?? old;
  const request = { ...page, ...(namespace !== null && { namespace }) };
  return await affectedByRecords(record === null ? [] : [record], request, deps);
}

/** Returns a page of the images that a changed vulnerability no longer affects. Only the last page has no `next`. */
async function endedPage(
  notification: Notification,
  page: PageOfImages,
  deps: AffectedImagesDeps,
): Promise<AffectedList> {
  const { images, ...rest } = await changedPage(notification, page, deps);
  return { ...rest, images: images.filter(({ isEnded }) => isEnded) };
}

/** Returns a page of the images that a change affects, and of those that it no longer affects. */
export async function changedPage(
  notification: Notification,
  page: PageOfImages,
  deps: AffectedImagesDeps,
): Promise<AffectedList> {
  const { namespace } = notification;
  const request = { ...page, ...(namespace !== null && { namespace }) };
  return await affectedByChanges([notification], request, deps);
}

/** Whether a notification affects or affected images, and rules or statements suppress its findings in all of them. */
export async function isSuppressedEverywhere(
  notification: Notification,
  deps: AffectedImagesDeps,
): Promise<boolean> {
  if ((await deps.suppressions?.mayApply()) !== true) return false;
  let suppressed = 0;
  for (let after: string | undefined; ; ) {
    const page = { limit: maxImagesPerMessage, ...(after !== undefined && { after }) };
    const found = await changedPage(notification, page, deps);
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
