import type { Address } from '../config/address.ts';
import { limits } from '../core/limits.ts';
import type { Readiness } from '../service/feeds/readiness.ts';
import type { FeedState, Store } from '../store/store.ts';
import { feedStatusSchema, readinessSchema } from './health-schemas.ts';
import { accessByTokens } from './http/access.ts';
import { type ApiServer, serveApi } from './http/api-server.ts';
import type { DescribedRoute, RouteDescription } from './http/openapi.ts';
import type { RequestRecord } from './http/request-record.ts';
import type { ApiResponse, Route } from './http/route.ts';
import { routerOf } from './http/router.ts';
import { metricsResponse } from './metrics.ts';

/** What the health server tells of. */
export interface HealthDeps {
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
export async function serveHealth(address: Address, deps: HealthDeps): Promise<ApiServer> {
  const routes = Object.entries(healthEndpoints).map(
    ([name, { handle }]): Route => ({ name, method: 'GET', path: `/${name}`, handle: () => handle(deps) }),
  );
  return await serveApi('the health check', address, {
    routers: [routerOf('', routes)],
    access: accessByTokens([]),
    timeoutMs: limits.healthMs,
    tls: undefined,
    onError: deps.onError,
    onResponse: () => undefined,
    ...(deps.onRequest && { onRequest: deps.onRequest }),
  });
}

interface HealthEndpoint {
  readonly description: RouteDescription;
  readonly handle: (deps: HealthDeps) => Promise<ApiResponse>;
}

const healthEndpoints: Readonly<Record<string, HealthEndpoint>> = {
  health: {
    description: { summary: 'Whether the database answers.', errorStatuses: [500] },
    handle: handleHealth,
  },
  metrics: {
    description: { summary: 'The metrics of this server, as Prometheus reads them.', responseType: 'text' },
    handle: ({ metrics }) => metricsResponse(metrics),
  },
  ready: {
    description: {
      summary:
        'Whether the database answers, and every enabled feed of advisories was loaded or at least tried.',
      responseType: readinessSchema,
      errorStatuses: [503],
    },
    handle: handleReady,
  },
  status: {
    description: { summary: 'How fresh each feed of advisories is.', responseType: feedStatusSchema },
    handle: handleStatus,
  },
};

/** What these routes are for, served by default on the port of Clair's health check. */
export function describedHealthRoutes(): DescribedRoute[] {
  return Object.entries(healthEndpoints).map(([name, { description }]) => ({
    route: { name, method: 'GET' },
    path: `/${name}`,
    description,
    server: 'http://localhost:6061',
  }));
}

async function handleHealth({ store, onError }: HealthDeps): Promise<ApiResponse> {
  try {
    await store.ping();
    return { status: 200 };
  } catch (error) {
    onError(error);
    return { status: 500 };
  }
}

async function handleReady({ store, readiness, onError }: HealthDeps): Promise<ApiResponse> {
  try {
    const body = readiness(await store.advisories.findFeedStates());
    return { status: body.ready ? 200 : 503, body };
  } catch (error) {
    onError(error);
    return { status: 503 };
  }
}

async function handleStatus({ store }: HealthDeps): Promise<ApiResponse> {
  return { status: 200, body: { feeds: await store.advisories.findFeedStates() } };
}
