import type { Logger } from 'pino';
import { serveHealthRoutes } from '../../api/health.ts';
import { type ApiServer, serveApi } from '../../api/http/api-server.ts';
import { frontRouters } from '../../api/http/cells/routes.ts';
import { readConsoleFiles } from '../../api/http/console/console-files.ts';
import { consoleRouter } from '../../api/http/console/router.ts';
import type { RequestRecord } from '../../api/http/request-record.ts';
import type { ApiResponse } from '../../api/http/route.ts';
import { sessionRoutes } from '../../api/http/session/session-routes.ts';
import { createMetrics, type Metrics, metricsResponse } from '../../api/metrics.ts';
import { openApiRouters } from '../../api/openapi-document.ts';
import type { Config } from '../../config/settings.ts';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { Disposal } from '../../kit/disposal.ts';
import { applyNetworkEnv } from '../../kit/http/http-environment.ts';
import { cellOfRegistry } from '../../service/cells/assign-registry.ts';
import { askCells, Cell, type CellAddress, cellDeadline } from '../../service/cells/cell.ts';
import { CellPageTokens } from '../../service/cells/page-token.ts';
import { readReached } from '../../service/cells/read-page.ts';
import { logRefusedCertificate, logRequest } from '../log/server-events.ts';
import type { ServerPlan } from './server-plan.ts';
import { watchedRegistriesOf } from './watched-registries.ts';

/** A running server over several cells. */
export interface RunningFront extends AsyncDisposable {
  readonly apiPort: number;
  readonly healthPort: number;
}

interface FrontParts {
  readonly cells: readonly Cell[];
  readonly server: ServerPlan;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** Starts the API and the health check of a server over several cells. It has no database and runs no jobs. Throws `config-invalid` or `usage`. */
export async function startFront(
  config: Config,
  addresses: readonly CellAddress[],
  { server, log }: Pick<FrontParts, 'server' | 'log'>,
): Promise<RunningFront> {
  if (config.roles.some((role) => role !== 'api'))
    throw new ClairError(
      'config-invalid',
      'a server over cells has the role api only: set cell to the name of the cell, or remove roles',
    );
  applyNetworkEnv();
  const parts = {
    cells: addresses.map((address) => new Cell(address)),
    server,
    metrics: createMetrics(),
    log,
  };
  await using running = new Disposal();
  const health = running.use(await serveFrontHealth(parts));
  const api = running.use(await serveFrontApi(config, parts));
  const kept = running.move();
  return {
    apiPort: api.port,
    healthPort: health.port,
    [Symbol.asyncDispose]: () => kept[Symbol.asyncDispose](),
  };
}

async function serveFrontApi(
  config: Config,
  { cells, server, metrics, log }: FrontParts,
): Promise<ApiServer> {
  const names = cells.map(({ name }) => name);
  const byName = new Map(cells.map((cell) => [cell.name, cell]));
  const hosts = new Map(watchedRegistriesOf(config).map(({ name, registry }) => [name, registry]));
  const routers = [
    ...openApiRouters(!server.access.isOpen),
    ...(server.apis.has('console') ? [consoleRouter(readConsoleFiles())] : []),
    ...frontRouters(
      {
        cells,
        tokens: new CellPageTokens(server.pageKey, () => new Date()),
        ownerOf: (registry) => {
          const owner = byName.get(cellOfRegistry(registry, names));
          if (owner === undefined) throw new Error('a registry belongs to a cell of the settings');
          return owner;
        },
        watchedRegistry: (name) => hosts.get(name),
      },
      sessionRoutes(server.sessions),
    ),
  ];
  return await serveApi('the API', server.api, {
    ...eventsOf({ log }),
    access: server.access,
    tls: server.tls,
    timeoutMs: config.api.timeout,
    routers: () => routers,
    onResponse: (route, status, ms) => {
      metrics.recordResponse(route, status, ms);
    },
    onRefusedCertificate: (refused) => {
      logRefusedCertificate(log, refused);
    },
  });
}

async function serveFrontHealth({ cells, server, metrics, log }: FrontParts): Promise<ApiServer> {
  const alive = (): Promise<ApiResponse> => Promise.resolve({ status: 200 });
  const ready = (): Promise<ApiResponse> => readinessResponse(cells);
  const written = (): Promise<ApiResponse> =>
    metricsResponse(() => metrics.renderProcess({ busy: 0, waiting: 0 }));
  return await serveHealthRoutes(
    server.health,
    [
      ...(['health', 'healthz'] as const).map((name) => [name, alive] as const),
      ...(['ready', 'readyz', 'status'] as const).map((name) => [name, ready] as const),
      ['metrics', written],
    ],
    eventsOf({ log }),
  );
}

/** Returns 200 if a cell answers, with the cells that do not. Otherwise no request could be answered: 503. */
async function readinessResponse(cells: readonly Cell[]): Promise<ApiResponse> {
  using deadline = cellDeadline(new AbortController().signal, limits.healthMs / 2);
  const { answers, missing } = await askCells(cells, deadline, (cell) => readReached(cell, deadline.signal));
  const answered = Array.from(answers, ([cell, state]) => ({ cell, ...state }));
  const ready = answered.length > 0;
  return { status: ready ? 200 : 503, body: { ready, cells: answered, missing } };
}

function eventsOf({ log }: Pick<FrontParts, 'log'>) {
  return {
    onError: (error: unknown): void => {
      log.error({ err: error }, 'request failed');
    },
    onRequest: (record: RequestRecord): void => {
      logRequest(log, record);
    },
  };
}
