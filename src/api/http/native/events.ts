import * as z from 'zod/mini';
import { limits } from '../../../core/limits.ts';
import { parseSeverity, severities } from '../../../model/severity.ts';
import {
  type CaughtUp,
  type FollowedEvent,
  followEvents,
} from '../../../service/notifications/follow-events.ts';
import { type NotificationFilter, wantedSides } from '../../../service/notifications/notification-filter.ts';
import { type ApiRequest, type ApiResponse, WireError } from '../route.ts';
import type { NativeDeps } from './deps.ts';
import { integerParameter, parseQuery } from './query.ts';

const severity = z.pipe(
  z.string('must be given once'),
  z.transform((text, context) => {
    const parsed = parseSeverity(text);
    if (parsed !== undefined) return parsed;
    context.issues.push({ code: 'custom', message: `must be one of ${severities.join(', ')}`, input: text });
    return z.NEVER;
  }),
);

const eventNumber = integerParameter(0, Number.MAX_SAFE_INTEGER);

const querySchema = z.strictObject({
  after: z.optional(eventNumber),
  severity: z.optional(severity),
  fixable: z.optional(z.enum(['true', 'false'], 'must be true or false')),
  namespace: z._default(z.union([z.string(), z.array(z.string())]), []),
});

/** Maximum time between two writes to a client, in milliseconds. */
const heartbeatMs = 15_000;

/** Time after which a client reconnects, in milliseconds. */
const retryMs = 2_000;

/** `GET /events`: streams changes of vulnerabilities as server-sent events (HTML, section 9.2), after an event or from now on. */
export async function getEventsRoute(request: ApiRequest, deps: NativeDeps): Promise<ApiResponse> {
  const parameters = parseQuery(request, querySchema);
  const filter: NotificationFilter = {
    severity: parameters.severity,
    isFixable: parameters.fixable === 'true',
    namespaces: [parameters.namespace].flat(),
  };
  const last = await deps.store.events.findLastNumber();
  const after = lastEventId(request) ?? parameters.after ?? last;
  // The number is of another database: the client would wait forever.
  if (after > last) throw new WireError(400, `event ${after} does not exist yet; the last one is ${last}`);
  if (deps.followers.size >= limits.eventFollowers)
    throw new WireError(503, 'too many clients follow events', { retryAfterSeconds: 60 });
  return {
    status: 200,
    contentType: 'text/event-stream',
    headers: { 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' },
    stream: eventStream(after, filter, { request, deps }),
  };
}

/** Returns the last event that a reconnecting client received. It takes precedence over the URL, which a reconnect repeats. */
function lastEventId({ headers }: ApiRequest): number | undefined {
  const text = headers['last-event-id'];
  if (text === undefined || text === '') return undefined;
  const { success, data } = z.safeParse(eventNumber, text);
  if (!success) throw new WireError(400, 'Last-Event-ID must be the id of an event');
  return data;
}

interface EventStreamContext {
  readonly request: ApiRequest;
  readonly deps: NativeDeps;
}

/**
 * Streams events. The first block states the start, so that a client that reconnects before the first event resumes there. Reads no more
 * events than the client consumes.
 */
async function* eventStream(
  after: number,
  filter: NotificationFilter,
  { request, deps }: EventStreamContext,
): AsyncGenerator<string> {
  yield `retry: ${retryMs}\n${sseBlock({ event: 'start', id: after, data: { after } })}`;
  const follower = Symbol('follower');
  deps.followers.add(follower);
  try {
    const signal = AbortSignal.any([request.signal, request.shutdown]);
    let lastSentAt = deps.now().getTime();
    for await (const followed of followEvents(after, deps, signal)) {
      const now = deps.now().getTime();
      const piece = followed.kind === 'event' ? renderEvent(followed, filter) : '';
      if (piece === '' && now - lastSentAt < heartbeatMs) continue;
      lastSentAt = now;
      yield piece === '' ? heartbeat(followed) : piece;
    }
  } finally {
    deps.followers.delete(follower);
  }
}

/** Renders an event, after the number of deleted events before it. Empty if the filter excludes the event and none was deleted. */
function renderEvent(followed: FollowedEvent, filter: NotificationFilter): string {
  const { number, at, kind, changed, source, feed, id } = followed.event;
  const { missed } = followed;
  const gap = missed === 0 ? '' : sseBlock({ event: 'missed', id: number - 1, data: { events: missed } });
  const sides = wantedSides(followed, filter);
  if (sides === undefined) return gap;
  return gap + sseBlock({ id: number, data: { number, at, kind, changed, source, feed, id, ...sides } });
}

interface SseBlock {
  readonly event?: string;
  readonly id: number;
  readonly data: object;
}

function sseBlock({ event, id, data }: SseBlock): string {
  return `${event === undefined ? '' : `event: ${event}\n`}id: ${id}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Renders a block without data, which clients do not dispatch. Its id moves past the events that the filter excluded. */
function heartbeat(followed: FollowedEvent | CaughtUp): string {
  return `:\nid: ${followed.kind === 'event' ? followed.event.number : followed.last}\n\n`;
}
