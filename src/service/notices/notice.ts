import type { Notice, NoticeContent, NoticedChange, NoticeImage } from '../../plugin/transport.ts';
import type { AffectedRequest, Notification } from '../../store/store.ts';
import { type AffectedEntry, type AffectedList, type AffectedRoom, affectedByRecords } from './affected.ts';
import { asTold, type Sides, withoutMarks } from './notice-filter.ts';

/** So many images are told with a notification; the others are to be asked for. */
const imagesTold = 100;

/** Reads the two sides of a notification, each as far as it is about the namespace. */
export async function sidesOf(
  { namespace, old, new: is }: Notification,
  { store }: AffectedRoom,
): Promise<Sides> {
  const numbers = [old, is].filter((number) => number !== null);
  const records = await store.vulnerabilities.read(numbers);
  const side = (number: number | null): Sides['old'] => {
    const record = records.find((one) => one.number === number);
    return record === undefined ? null : asTold(record, (name) => namespace === null || name === namespace);
  };
  return { old: side(old), new: side(is) };
}

/** A notification for a transport; what it is about is read when it is asked for. */
export function noticeOf(notification: Notification, sides: Sides, room: AffectedRoom): Notice {
  const { name, createdAt } = notification;
  return { name, createdAt, kind: 'change', content: () => contentOf(notification, sides, room) };
}

async function contentOf(
  notification: Notification,
  sides: Sides,
  room: AffectedRoom,
): Promise<NoticeContent> {
  const { images, next } = await affectedPage(notification, { limit: imagesTold }, room);
  return {
    ...changeOf(notification, sides),
    images: images.flatMap((entry) => {
      const { identity, names } = entry;
      const concerned = concernedOf(entry);
      return concerned === undefined ? [] : [{ identity, names, ...concerned }];
    }),
    hasMoreImages: next !== undefined,
  };
}

/** What a notification says that changed. */
export function changeOf({ source, namespace, old, new: is }: Notification, sides: Sides): NoticedChange {
  const kind = old === null ? 'new' : is === null ? 'withdrawn' : 'changed';
  return { source, namespace, kind, ...withoutMarks(sides) };
}

/** Images that a notification concerns: those that are hit now, or were where it was withdrawn. */
export async function affectedPage(
  { namespace, old, new: is }: Notification,
  page: Omit<AffectedRequest, 'namespace'>,
  room: AffectedRoom,
): Promise<AffectedList> {
  const record = is ?? old;
  const request = { ...page, ...(namespace !== null && { namespace }) };
  return await affectedByRecords(record === null ? [] : [record], request, room);
}

/** What of an image is concerned. */
export function concernedOf({ findings }: AffectedEntry): Pick<NoticeImage, 'packages' | 'fix'> | undefined {
  const [first] = findings;
  if (first === undefined) return undefined;
  const packages = new Map(
    findings.map(({ package: item }) => [`${item.purl}\n${item.location.path}`, item]),
  );
  return { packages: [...packages.values()], fix: first.fix };
}
