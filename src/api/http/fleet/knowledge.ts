import * as z from 'zod/mini';
import { limits } from '../../../core/limits.ts';
import { type Severity, severities } from '../../../model/severity.ts';
import { describeSources } from '../../../service/fleet/describe-sources.ts';
import type { ListedEvent } from '../../../store/event-store.ts';
import { integerParameter, parseQuery } from '../native/query.ts';
import type { ApiRequest, ApiResponse } from '../route.ts';
import type { CsvColumns } from './csv.ts';
import type { FleetDeps, FleetRoute } from './fleet-route.ts';
import {
  eventCountsDescription,
  historyDescription,
  listedEventsDescription,
  sourcesDescription,
} from './knowledge-descriptions.ts';
import { listResponse, type RowList } from './list-response.ts';
import { pageCursor } from './page-cursor.ts';
import { jsonResponse } from './problem.ts';
import { historyJson } from './summary.ts';

const eventCursor = pageCursor('events', z.int());
const eventsPerPage = 100;
const once = z.string('must be given once');

const dayParameter = z.optional(z.iso.date('must be a day such as 2026-01-31'));

const eventsQuery = z.strictObject({
  limit: z._default(integerParameter(1, limits.affectedPerPage), eventsPerPage),
  after: z.optional(eventCursor.parameter),
  before: z.optional(integerParameter(1, Number.MAX_SAFE_INTEGER)),
  kind: z.optional(z.enum(['new', 'changed', 'withdrawn'], 'must be new, changed or withdrawn')),
  day: dayParameter,
  id: z.optional(once),
  rating: z.optional(
    z.pipe(
      z.enum([...severities, 'none'], `must be one of ${severities.join(', ')}, none`),
      z.transform((value) => (value === 'none' ? null : value)),
    ),
  ),
});

/**
 * `GET /events`: returns a page of the changes of vulnerabilities, the newest first. One page reads at most `limits.listedEvents` events, and
 * with `day` the numbers of the events of that day.
 */
async function listEventsRoute(request: ApiRequest, { store, listLimiter }: FleetDeps): Promise<ApiResponse> {
  const { limit, after, ...filter } = parseQuery(request, eventsQuery);
  const list: RowList<CountedEvent, number> = {
    name: 'events',
    read: async (page) => {
      const { events, next } = await store.events.pageNewest(filter, page);
      return { rows: await withImages(events, store), next };
    },
    toJson: ({ images, rating, ...event }) => ({ ...toEventJson(event), images, rating }),
    columns: eventColumns,
    nextOf: eventCursor.write,
  };
  return await listResponse(list, { limit, after }, { request, listLimiter });
}

/** An event with what the index of findings has about its vulnerability. Null if the index has no such id. */
interface CountedEvent extends ListedEvent {
  readonly images: number | null;
  /** The severity with which the fleet lists the vulnerability. */
  readonly rating: Severity | null;
}

async function withImages(
  events: readonly ListedEvent[],
  { findingIndex }: FleetDeps['store'],
): Promise<CountedEvent[]> {
  const ids = [...new Set(events.map(({ id }) => id))];
  const found = ids.length === 0 ? [] : await findingIndex.findVulnerabilities(ids);
  const byId = new Map(found.map((one) => [one.id, one]));
  return events.map((event) => {
    const { images = null, severity: rating = null } = byId.get(event.id) ?? {};
    return { ...event, images, rating };
  });
}

/** Returns an event of the log as the API shows it. */
export function toEventJson(event: ListedEvent): object {
  const { number, id, kind, changed, source, feed, at, severityBefore, severityAfter } = event;
  return {
    number,
    id,
    kind,
    changed,
    source,
    feed,
    at,
    severity: { before: severityBefore, after: severityAfter },
  };
}

const eventColumns: CsvColumns<CountedEvent> = {
  number: ({ number }) => number,
  at: ({ at }) => at,
  id: ({ id }) => id,
  kind: ({ kind }) => kind,
  changed: ({ changed }) => changed,
  source: ({ source }) => source,
  feed: ({ feed }) => feed,
  severityBefore: ({ severityBefore }) => severityBefore,
  severityAfter: ({ severityAfter }) => severityAfter,
  images: ({ images }) => images,
  rating: ({ rating }) => rating,
};

const countsQuery = z.strictObject({ day: dayParameter });

/**
 * `GET /events/counts`: returns the numbers of the events of a day by kind and severity of the fleet; without `day`, of the newest day with
 * events. Costs the events of the day, at most `limits.eventsOfDay`.
 */
async function countEventsRoute(
  request: ApiRequest,
  { store, listLimiter }: FleetDeps,
): Promise<ApiResponse> {
  const { day = null } = parseQuery(request, countsQuery);
  const counted = await listLimiter.run(request.signal, () => store.events.countRated(day ?? undefined));
  const { isComplete = true, ...rest } = counted ?? { day, counts: [] };
  return jsonResponse(200, { ...rest, complete: isComplete });
}

/** `GET /sources`: returns the state of each source with its feeds, and their changes of 30 days. */
async function getSourcesRoute(request: ApiRequest, deps: FleetDeps): Promise<ApiResponse> {
  parseQuery(request, z.strictObject({}));
  return jsonResponse(200, await deps.listLimiter.run(request.signal, () => describeSources(deps)));
}

const historyDays = 90;

const historyQuery = z.strictObject({
  days: z._default(integerParameter(1, limits.findingDays), historyDays),
});

/** `GET /summary/history`: returns the findings of all named images of each day. Costs one row for each day. */
async function getHistoryRoute(request: ApiRequest, { store }: FleetDeps): Promise<ApiResponse> {
  const { days } = parseQuery(request, historyQuery);
  return jsonResponse(200, historyJson(await store.findingCounts.findHistory(days)));
}

/** The routes of `/api/v1` on what is known of vulnerabilities, and when. */
export const knowledgeRoutes: readonly FleetRoute[] = [
  {
    name: 'api/v1/listEvents',
    method: 'GET',
    path: '/events',
    handler: listEventsRoute,
    description: listedEventsDescription,
  },
  {
    name: 'api/v1/countEvents',
    method: 'GET',
    path: '/events/counts',
    handler: countEventsRoute,
    description: eventCountsDescription,
  },
  {
    name: 'api/v1/getSources',
    method: 'GET',
    path: '/sources',
    handler: getSourcesRoute,
    description: sourcesDescription,
  },
  {
    name: 'api/v1/getHistory',
    method: 'GET',
    path: '/summary/history',
    handler: getHistoryRoute,
    description: historyDescription,
  },
];
