import type { Route } from '../exchange.ts';
import { getAffectedRoute } from './affected.ts';
import { getEventsRoute } from './events.ts';
import type { NativeRoom } from './room.ts';

/** The routes that are ours: what Clair never had. */
export function nativeRoutes(room: NativeRoom): Route[] {
  return [
    {
      name: 'getAffected',
      method: 'GET',
      path: '/affected/:id',
      handle: (request) => getAffectedRoute(request, room),
    },
    {
      name: 'getEvents',
      method: 'GET',
      path: '/events',
      isEndless: true,
      handle: (request) => getEventsRoute(request, room),
    },
  ];
}
