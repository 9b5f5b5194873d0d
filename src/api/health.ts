import type { Address } from '../config/address.ts';
import { ClairError, messageOf } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { MissingPart, Readiness } from '../service/feeds/readiness.ts';
import { staleSources } from '../service/findings/feed-age.ts';
import type { FeedState } from '../store/feed-state.ts';
import type { Store } from '../store/store.ts';
import { feedAndJobStatusSchema, readinessSchema } from './health-schemas.ts';
import { accessByTokens } from './http/access.ts';
import { type ApiServer, serveApi } from './http/api-server.ts';
import type { DescribedRoute, RouteDescription } from './http/openapi.ts';
import type { RequestRecord } from './http/request-record.ts';
import type { ApiResponse, Route } from './http/route.ts';
import { routerOf } from './http/router.ts';
import { metricsResponse } from './metrics.ts';

/** Dependencies of `serveHealth`. */
export interface HealthDeps {
  readonly store: Pick<Store, 'advisories' | 'checkSchema' | 'jobs' | 'ping' | 'now'>;
  /** Returns whether the server is ready, from the states of the feeds. */
  readonly readiness: (states: readonly FeedState[]) => Readiness;
  /** Returns the metrics of this process in the text format of Prometheus. */
  readonly metrics: () => Promise<string>;
  /** Receives errors of request handling. */
  readonly onError: (error: unknown) => void;
  /** Called once when a request ends. */
  readonly onRequest?: (record: RequestRecord) => void;
}

/**
 * Serves `GET /health`, `/healthz`, `/ready`, `/readyz`, `/metrics` and `/status`, without TLS and tokens, as in Clair. `/health` returns 200 if the
 * database responds, otherwise 500, both without a body, as in Clair. `/health` returns 503 with the reason if a later version of this
 * program has changed the tables. `/ready` and `/readyz` return 200 once an advisory feed is loaded, none waits for its first attempt, and
 * the loop of jobs runs. Otherwise they return 503. Their body names what is missing. `/status` returns the state of every feed and job. Throws `usage` if it cannot listen on the address.
 */
export async function serveHealth(address: Address, deps: HealthDeps): Promise<ApiServer> {
  const endpoints = Object.entries(healthEndpoints).map(
    ([name, { handle }]) => [name, () => handle(deps)] as const,
  );
  return await serveHealthRoutes(address, endpoints, deps);
}

/** Serves routes by their names on the port of the health check, without TLS and tokens. Throws `usage` if it cannot listen on the address. */
export async function serveHealthRoutes(
  address: Address,
  endpoints: readonly (readonly [name: string, handle: () => Promise<ApiResponse>])[],
  deps: Pick<HealthDeps, 'onError' | 'onRequest'>,
): Promise<ApiServer> {
  const routes = endpoints.map(
    ([name, handle]): Route => ({ name, method: 'GET', path: `/${name}`, handle }),
  );
  const routers = [routerOf('', routes)];
  return await serveApi('the health check', address, {
    routers: () => routers,
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

const readyEndpoint: HealthEndpoint = {
  description: {
    summary:
      'Returns 200 if the server can answer: at least one advisory feed is loaded, each other enabled one was at least tried, the ' +
      'tables are usable, and the loop of jobs runs. The body names what is missing.',
    responseType: readinessSchema,
    errorStatuses: [503],
  },
  handle: handleReady,
};

const healthEndpoints: Readonly<Record<string, HealthEndpoint>> = {
  health: {
    description: {
      summary: 'Returns 200 if the database responds and this version of the program can use its tables.',
      errorStatuses: [500, 503],
    },
    handle: handleHealth,
  },
  healthz: {
    description: {
      summary: 'Returns 200 while this process answers, whatever the state of the database, as in Clair v4.',
      responseType: 'text',
    },
    handle: () => Promise.resolve({ status: 200, text: 'ok', contentType: 'text/plain; charset=utf-8' }),
  },
  metrics: {
    description: {
      summary: 'Returns the metrics of this server in the text format of Prometheus.',
      responseType: 'text',
    },
    handle: ({ metrics }) => metricsResponse(metrics),
  },
  ready: readyEndpoint,
  readyz: readyEndpoint,
  status: {
    description: {
      summary: 'Returns the state of each advisory feed, and of each job that the servers share.',
      responseType: feedAndJobStatusSchema,
    },
    handle: handleStatus,
  },
};

/** Returns the descriptions of these routes. By default, the port of Clair's health check serves them. */
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
  } catch (error) {
    onError(error);
    return { status: 500 };
  }
  try {
    await store.checkSchema();
    return { status: 200 };
  } catch (error) {
    onError(error);
    return { status: 503, body: { error: messageOf(error) } };
  }
}

async function handleReady({ store, readiness, onError }: HealthDeps): Promise<ApiResponse> {
  try {
    await store.checkSchema();
    const body = readiness(await store.advisories.findFeedStates());
    return { status: body.ready ? 200 : 503, body };
  } catch (error) {
    onError(error);
    return { status: 503, body: { ready: false, missing: [unusablePart(error)] } };
  }
}

function unusablePart(error: unknown): MissingPart {
  const isIncompatible = error instanceof ClairError && error.code === 'store-incompatible';
  return isIncompatible
    ? { part: 'schema', reason: messageOf(error) }
    : { part: 'database', reason: 'it does not answer' };
}

async function handleStatus({ store }: HealthDeps): Promise<ApiResponse> {
  const states = await store.advisories.findFeedStates();
  const stale = staleSources(states, store.now());
  return {
    status: 200,
    body: {
      feeds: states.map((state) => ({ ...state, stale: stale.has(state.source) })),
      jobs: await store.jobs.findAll(),
    },
  };
}
