import type { DescribedRoute } from '../openapi.ts';
import type { Route } from '../route.ts';
import { getAffectedRoute } from './affected.ts';
import type { NativeDeps } from './deps.ts';
import { affectedDescription, eventsDescription } from './descriptions.ts';
import { getEventsRoute } from './events.ts';

/** The route `GET /affected/:id`. */
export const affectedRoute = { name: 'getAffected', method: 'GET', path: '/affected/:id' } as const;
const events = { name: 'getEvents', method: 'GET', path: '/events', isStreaming: true } as const;

/** Returns the native routes, which Clair does not have. */
export function nativeRoutes(deps: NativeDeps): Route[] {
  return [
    { ...affectedRoute, handle: (request) => getAffectedRoute(request, deps) },
    { ...events, handle: (request) => getEventsRoute(request, deps) },
  ];
}

/** Returns the descriptions of the native routes. */
export function describedNativeRoutes(): DescribedRoute[] {
  return [
    { route: affectedRoute, path: affectedRoute.path, description: affectedDescription },
    { route: events, path: events.path, description: eventsDescription },
  ];
}
