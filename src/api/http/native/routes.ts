import type { Route } from '../exchange.ts';
import type { DescribedRoute } from '../openapi.ts';
import { getAffectedRoute } from './affected.ts';
import { affectedDescription, eventsDescription } from './descriptions.ts';
import { getEventsRoute } from './events.ts';
import type { NativeRoom } from './room.ts';

const affected = { name: 'getAffected', method: 'GET', path: '/affected/:id' } as const;
const events = { name: 'getEvents', method: 'GET', path: '/events', isEndless: true } as const;

/** The routes that are ours: what Clair never had. */
export function nativeRoutes(room: NativeRoom): Route[] {
  return [
    { ...affected, handle: (request) => getAffectedRoute(request, room) },
    { ...events, handle: (request) => getEventsRoute(request, room) },
  ];
}

/** What they are for. */
export function describedNativeRoutes(): DescribedRoute[] {
  return [
    { route: affected, path: affected.path, description: affectedDescription },
    { route: events, path: events.path, description: eventsDescription },
  ];
}
