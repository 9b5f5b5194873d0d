import assert from 'node:assert/strict';
import type { GetMessage } from 'amqplib';
import type { V4Notification } from '../../../src/report/clair4/types.ts';
import type { V4Line } from '../../../src/testing/recordings.ts';

/** The address below which the recorded server had its notifications. */
export const recordedCallback = 'http://127.0.0.1:26060/notifier/api/v1/notification/';

/** Differences on purpose in messages to brokers. */
export const v4QueueDeviations = {
  /** Headings in docs/reference/deviations.md with the reasons. */
  rules: ['A notification is about one update of a feed', 'Brokers confirm each message'],
  /** Members of a notification that only ours have. */
  onlyOurMembers: ['.vulnerability.normalized_severity'],
} as const;

/** Messages that were received, by protocol. */
export interface ReceivedMessages {
  readonly AMQP: readonly GetMessage[];
  readonly STOMP: readonly GetMessage[];
}

/** Returns the notifications in recorded lists, each once. Clair sent some several times. */
export function distinctNotifications(
  lines: readonly V4Line[],
  protocol: 'amqp' | 'stomp',
): V4Notification[] {
  const all = lines
    .flatMap((line) => line[protocol]?.body ?? [])
    .filter((body) => body.startsWith('['))
    .flatMap((body) => JSON.parse(body) as V4Notification[]);
  return [...new Map(all.map((one) => [comparable(one), one])).values()];
}

/** Returns the number of updates that notifications are about. In the recording, each distribution has one. */
export function notifiedUpdates(notifications: readonly V4Notification[]): number {
  return new Set(notifications.map(({ vulnerability }) => vulnerability.distribution.did)).size;
}

/** Which advisory names a package, and how it rates a vulnerability, is compared with reports elsewhere. */
function comparable({ manifest, reason, vulnerability }: V4Notification): string {
  const { name, fixed_in_version: fixed, links, distribution, description } = vulnerability;
  return JSON.stringify([manifest, reason, name, fixed, links, distribution.did, description]);
}

/** Compares lists of at most two notifications with the recorded ones. Returns the number of equal notifications. */
export function compareNotifications(
  theirs: readonly V4Notification[],
  messages: readonly GetMessage[],
): number {
  const lists = messages.map(({ content }) => JSON.parse(content.toString()) as V4Notification[]);
  assert.ok(lists.every(({ length }) => length > 0 && length <= 2));
  const ours = lists.flat();
  assert.deepEqual(ours.map(comparable).sort(), theirs.map(comparable).sort());
  const known: readonly string[] = v4QueueDeviations.onlyOurMembers;
  assert.deepEqual(
    membersOf(ours)
      .filter((member) => !known.includes(member))
      .sort(),
    membersOf(theirs).sort(),
  );
  return ours.length;
}

/** Returns the members of the objects in a document, as paths. */
function membersOf(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return [...new Set(value.flatMap((one) => membersOf(one, path)))];
  return Object.entries(value).flatMap(([name, inner]) => [
    `${path}.${name}`,
    ...membersOf(inner, `${path}.${name}`),
  ]);
}

/** Compares messages with ids and addresses of notifications with the recorded ones. Each is sent once. */
export function compareAddresses(lines: readonly V4Line[], messages: readonly GetMessage[]): void {
  const recorded = lines.flatMap(({ amqp, stomp }) => amqp?.body ?? stomp?.body ?? []);
  const shapeOf = (body: string): string => body.replaceAll(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, 'ID');
  const shapes = new Set(recorded.filter((body) => body.startsWith('{')).map(shapeOf));
  const bodies = messages.map(({ content }) => content.toString());
  assert.deepEqual(new Set(bodies.map(shapeOf)), shapes);
  assert.equal(new Set(bodies).size, bodies.length);
}

/** Compares what receivers see besides the body. Returns the number of messages. */
export function compareProperties(lines: readonly V4Line[], { AMQP, STOMP }: ReceivedMessages): number {
  const theirsByAmqp = lines.flatMap(({ amqp }) => (amqp === undefined ? [] : [amqp.properties]));
  const oursByAmqp = AMQP.map(({ properties: { contentType, appId } }) => ({
    content_type: contentType as unknown,
    app_id: appId as unknown,
  }));
  assert.deepEqual(distinct(oursByAmqp), distinct(theirsByAmqp));
  const theirsByStomp = lines.flatMap(({ stomp }) =>
    (stomp?.headers ?? []).filter((header) => header.startsWith('content-type:')),
  );
  const oursByStomp = STOMP.map(({ properties }) => `content-type:${properties.contentType}`);
  assert.deepEqual(distinct(oursByStomp), distinct(theirsByStomp));
  // RabbitMQ keeps a persistent message when it restarts.
  for (const { properties } of [...AMQP, ...STOMP]) assert.equal(properties.deliveryMode, 2);
  return AMQP.length + STOMP.length;
}

function distinct(values: readonly unknown[]): string[] {
  return [...new Set(values.map((value) => JSON.stringify(value)))];
}
