import type { Address } from '../config/address.ts';
import { limits } from '../kit/limits.ts';
import type { Readiness } from '../service/feeds/readiness.ts';
import type { FeedState, Store } from '../store/store.ts';
import { feedStatesSchema, readinessSchema } from './feed-states-schema.ts';
import { accessByTokens } from './http/access.ts';
import { type ApiServer, serveApi } from './http/api-server.ts';
import type { ApiAnswer, Route } from './http/exchange.ts';
import type { DescribedRoute, RouteDescription } from './http/openapi.ts';
import type { RequestRecord } from './http/request-record.ts';
import { routerOf } from './http/router.ts';
import { metricsAnswer } from './metrics.ts';

/** What the health server tells of. */
export interface HealthRoom {
  readonly store: Pick<Store, 'advisories' | 'ping'>;
  /** Judges by the states of the feeds whether there are advisories to judge by. */
  readonly readiness: (states: readonly FeedState[]) => Readiness;
  /** The metrics of this process as text. */
  readonly metrics: () => Promise<string>;
  /** Told of what goes wrong while answering. */
  readonly onError: (error: unknown) => void;
  /** Called once for each request. */
  readonly onRequest?: (record: RequestRecord) => void;
}

/**
 * Listens for `GET /health` (200 while the database answers, else 500, both without a body, as Clair), `/ready` (200 once there are
 * advisories, else 503), `/metrics` and `/status`, which tells of every feed how fresh it is. It speaks no TLS and asks for no token, as in Clair. Throws `usage` where the address
 * cannot be taken.
 */
export async function serveHealth(address: Address, room: HealthRoom): Promise<ApiServer> {
  const routes = Object.entries(ways).map(
    ([name, { answer }]): Route => ({ name, method: 'GET', path: `/${name}`, handle: () => answer(room) }),
  );
  return await serveApi('the health check', address, {
    routers: [routerOf('', routes)],
    access: accessByTokens([]),
    timeoutMs: limits.healthMs,
    tls: undefined,
    onError: room.onError,
    onAnswered: () => undefined,
    ...(room.onRequest && { onRequest: room.onRequest }),
  });
}

interface Way {
  readonly description: RouteDescription;
  readonly answer: (room: HealthRoom) => Promise<ApiAnswer>;
}

const ways: Readonly<Record<string, Way>> = {
  health: { description: { summary: 'Whether the database answers.', faults: [500] }, answer: health },
  metrics: {
    description: { summary: 'The metrics of this server, as Prometheus reads them.', gives: 'text' },
    answer: ({ metrics }) => metricsAnswer(metrics),
  },
  ready: {
    description: {
      summary:
        'Whether the database answers, and every enabled feed of advisories was loaded or at least tried.',
      gives: readinessSchema,
      faults: [503],
    },
    answer: ready,
  },
  status: {
    description: { summary: 'How fresh each feed of advisories is.', gives: feedStatesSchema },
    answer: status,
  },
};

/** What these routes are for, served by default on the port of Clair's health check. */
export function describedHealthRoutes(): DescribedRoute[] {
  return Object.entries(ways).map(([name, { description }]) => ({
    route: { name, method: 'GET' },
    path: `/${name}`,
    description,
    server: 'http://localhost:6061',
  }));
}

async function health({ store, onError }: HealthRoom): Promise<ApiAnswer> {
  try {
    await store.ping();
    return { status: 200 };
  } catch (error) {
    onError(error);
    return { status: 500 };
  }
}

async function ready({ store, readiness, onError }: HealthRoom): Promise<ApiAnswer> {
  try {
    const body = readiness(await store.advisories.feedStates());
    return { status: body.ready ? 200 : 503, body };
  } catch (error) {
    onError(error);
    return { status: 503 };
  }
}

async function status({ store }: HealthRoom): Promise<ApiAnswer> {
  return { status: 200, body: { feeds: await store.advisories.feedStates() } };
}
