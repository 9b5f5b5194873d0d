import * as z from 'zod/mini';
import { limits } from '../../../kit/limits.ts';
import { parseSeverity } from '../../../model/severity.ts';
import { type CaughtUp, type FollowedEvent, followEvents } from '../../../service/notices/follow-events.ts';
import { type NoticeFilter, wantedSides } from '../../../service/notices/notice-filter.ts';
import { type ApiAnswer, type ApiRequest, WireError } from '../exchange.ts';
import { queryOf, wholeNumber } from './query.ts';
import type { NativeRoom } from './room.ts';

const severity = z.pipe(
  z.string('comes once'),
  z.transform((text, context) => {
    const known = parseSeverity(text);
    if (known !== undefined) return known;
    context.issues.push({ code: 'custom', message: 'takes one of Clair’s severities', input: text });
    return z.NEVER;
  }),
);

const number = wholeNumber(0, Number.MAX_SAFE_INTEGER);

const query = z.strictObject({
  after: z.optional(number),
  severity: z.optional(severity),
  fixable: z.optional(z.enum(['true', 'false'], 'takes true or false')),
  namespace: z._default(z.union([z.string(), z.array(z.string())]), []),
});

/** A client hears something at least this often. */
const heartbeatMs = 15_000;

/** Clients that lost the connection come back after so long. */
const retryMs = 2_000;

/** `GET /events`: what becomes known of vulnerabilities, as server-sent events (HTML, section 9.2), from a number on or from now on. */
export async function getEventsRoute(request: ApiRequest, room: NativeRoom): Promise<ApiAnswer> {
  const asked = queryOf(request, query);
  const filter: NoticeFilter = {
    severity: asked.severity,
    isFixable: asked.fixable === 'true',
    namespaces: [asked.namespace].flat(),
  };
  const last = await room.store.events.last();
  const after = lastEventId(request) ?? asked.after ?? last;
  // Events of another database: who goes on would wait for ever.
  if (after > last) throw new WireError(400, `there is no event ${after} yet; the last one is ${last}`);
  if (room.followers.size >= limits.eventFollowers)
    throw new WireError(503, 'too many clients follow events', { retryAfterSeconds: 60 });
  return {
    status: 200,
    contentType: 'text/event-stream',
    headers: { 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' },
    stream: eventStream(after, filter, { request, room }),
  };
}

/** What a client that comes back says it got last: it counts before the URL, which stays as it was. */
function lastEventId({ headers }: ApiRequest): number | undefined {
  const text = headers['last-event-id'];
  if (text === undefined || text === '') return undefined;
  const { success, data } = z.safeParse(number, text);
  if (!success) throw new WireError(400, 'Last-Event-ID takes the id of an event');
  return data;
}

interface Following {
  readonly request: ApiRequest;
  readonly room: NativeRoom;
}

/**
 * Begins with the place it begins at: who loses the connection before anything happened comes back to it. No more is read of
 * events than the client takes.
 */
async function* eventStream(
  after: number,
  filter: NoticeFilter,
  { request, room }: Following,
): AsyncGenerator<string> {
  yield `retry: ${retryMs}\n${block({ event: 'start', id: after, data: { after } })}`;
  const follower = Symbol('follower');
  room.followers.add(follower);
  try {
    const signal = AbortSignal.any([request.signal, request.ending]);
    let saidAt = room.now().getTime();
    for await (const followed of followEvents(after, room, signal)) {
      const now = room.now().getTime();
      const piece = followed.kind === 'event' ? pieceOf(followed, filter) : '';
      if (piece === '' && now - saidAt < heartbeatMs) continue;
      saidAt = now;
      yield piece === '' ? heartbeat(followed) : piece;
    }
  } finally {
    room.followers.delete(follower);
  }
}

/** An event, and before it how many are lost for good; empty where the client did not ask for it. */
function pieceOf(followed: FollowedEvent, filter: NoticeFilter): string {
  const { number, at, kind, changed, source, feed, id } = followed.event;
  const { missed } = followed;
  const gap = missed === 0 ? '' : block({ event: 'missed', id: number - 1, data: { events: missed } });
  const sides = wantedSides(followed, filter);
  if (sides === undefined) return gap;
  return gap + block({ id: number, data: { number, at, kind, changed, source, feed, id, ...sides } });
}

interface Block {
  readonly event?: string;
  readonly id: number;
  readonly data: object;
}

function block({ event, id, data }: Block): string {
  return `${event === undefined ? '' : `event: ${event}\n`}id: ${id}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Without data nothing is told, but the place moves on over what was not asked for. */
function heartbeat(followed: FollowedEvent | CaughtUp): string {
  return `:\nid: ${followed.kind === 'event' ? followed.event.number : followed.last}\n\n`;
}
