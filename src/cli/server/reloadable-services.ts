import { consoleRouter } from '../../api/http/console/router.ts';
import { documentCache } from '../../api/http/encoded-document.ts';
import { fleetPrefix, fleetRoutes } from '../../api/http/fleet/routes.ts';
import { harborRouter } from '../../api/http/harbor/router.ts';
import { nativeRoutes } from '../../api/http/native/routes.ts';
import { type Router, routerOf } from '../../api/http/router.ts';
import { sessionRoutes } from '../../api/http/session/session-routes.ts';
import { v1Routes } from '../../api/http/v1/routes.ts';
import { v3Router } from '../../api/http/v3/gateway.ts';
import { type V3Methods, v3Methods } from '../../api/http/v3/methods.ts';
import { v4Router } from '../../api/http/v4/router.ts';
import { openApiRouters } from '../../api/openapi-document.ts';
import type { Config } from '../../config/settings.ts';
import { Disposal } from '../../kit/disposal.ts';
import { scriptUrl } from '../../kit/script-url.ts';
import { startLayerWorker } from '../../layer-pool/analyze-on-thread.ts';
import type { FeedOfSource } from '../../service/feeds/update-feeds.ts';
import { extractReader, type ReadExtracts } from '../../service/fleet/worker-analyzer.ts';
import {
  type ReportingDeps,
  toFleetDeps,
  toHarborDeps,
  toNativeDeps,
  toV1Deps,
  toV3Deps,
  toV4Deps,
} from './api-deps.ts';
import { startNotifier } from './notifier.ts';
import { startRegistryWatcher } from './registry-watcher.ts';
import { startScanRunner } from './scan-runner.ts';
import type { ApiName } from './served-apis.ts';
import type { ServiceDeps } from './service-deps.ts';
import { startUpdater } from './updater.ts';

/** The part of a server that depends on plugins. Disposing it ends updater and notifier; pending requests keep its plugins. */
export interface ReloadableServices extends AsyncDisposable {
  /** The routers, in order of precedence. */
  readonly routers: readonly Router[];
  /** The methods of the gRPC API. */
  readonly methods: V3Methods;
  /** The feeds that the updater maintains. */
  readonly feeds: readonly FeedOfSource[];
}

/**
 * Creates the API with the current extensions, and starts the parts of its roles after the previous ones have ended. Takes ownership of the
 * plugins.
 */
export function startServices(config: Config, deps: ServiceDeps): ReloadableServices {
  const running = new Disposal();
  running.use(deps.loaded);
  const api = apiOf(config, { ...deps, readExtracts: readerOf(deps) });
  const { roles } = deps.server;
  if (roles.has('feeds')) running.use(startUpdater(config, deps));
  running.use(startNotifier(config, deps));
  if (roles.has('worker')) {
    running.use(startScanRunner(config, deps));
    running.use(startRegistryWatcher(deps));
  }
  return { ...api, feeds: deps.plan.feeds, [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() };
}

/** Returns a reader of extracts on threads with the plugins of this instance. Undefined if no extracts are kept. */
function readerOf({ extracts, loaded }: ServiceDeps): ReadExtracts | undefined {
  if (extracts === undefined) return undefined;
  const script = scriptUrl('../../layer-worker', import.meta.url);
  return extractReader({ startWorker: () => startLayerWorker(script, loaded.analyzers), extracts });
}

function apiOf(
  config: Config,
  deps: ServiceDeps & ReportingDeps,
): Pick<ReloadableServices, 'routers' | 'methods'> {
  // A reload begins with an empty one: other plugins may give other responses.
  const documents = documentCache();
  const v1Deps = toV1Deps(deps, documents);
  const v3Deps = toV3Deps(v1Deps, deps.plan.feeds);
  const methods = v3Methods(v3Deps);
  const harborDeps = toHarborDeps(config, deps);
  const ofApi = (name: ApiName, routers: readonly Router[]): readonly Router[] =>
    deps.server.apis.has(name) ? routers : [];
  const routers = [
    // The v3 API answers all paths of its first segments, `/notifications` among them.
    ...ofApi('console', [consoleRouter(deps.consoleFiles)]),
    ...ofApi('v1', [routerOf('/v1', v1Routes(v1Deps))]),
    ...ofApi('v3', [v3Router(v3Deps, methods)]),
    ...ofApi('v4', [v4Router(toV4Deps(deps, config, documents))]),
    ...ofApi('harbor', harborDeps === undefined ? [] : [harborRouter(harborDeps)]),
    ...openApiRouters(!deps.server.access.isOpen),
    ...ofApi('native', [
      routerOf(fleetPrefix, [
        ...sessionRoutes(deps.server.sessions),
        ...fleetRoutes(toFleetDeps(config, deps)),
      ]),
      routerOf('', nativeRoutes(toNativeDeps(deps))),
    ]),
  ];
  return { routers, methods };
}
