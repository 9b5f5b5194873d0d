import type { Notice, NoticeContent } from '../plugin/transport.ts';
import type { Notification } from '../store/store.ts';
import { type AffectedRoom, affectedByRecords } from './affected.ts';
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
  return { name, createdAt, content: () => contentOf(notification, sides, room) };
}

async function contentOf(
  { source, namespace, old, new: is }: Notification,
  sides: Sides,
  room: AffectedRoom,
): Promise<NoticeContent> {
  const page = { limit: imagesTold, ...(namespace !== null && { namespace }) };
  const record = is ?? old;
  const { images, next } = await affectedByRecords(record === null ? [] : [record], page, room);
  return {
    source,
    namespace,
    kind: old === null ? 'new' : is === null ? 'withdrawn' : 'changed',
    ...withoutMarks(sides),
    images: images.flatMap(({ identity, names, findings }) => {
      const [first] = findings;
      if (first === undefined) return [];
      const packages = new Map(
        findings.map(({ package: item }) => [`${item.purl}\n${item.location.path}`, item]),
      );
      return [{ identity, names, packages: [...packages.values()], fix: first.fix }];
    }),
    hasMoreImages: next !== undefined,
  };
}
