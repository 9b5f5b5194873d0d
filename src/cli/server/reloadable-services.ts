import { nativeRoutes } from '../../api/http/native/routes.ts';
import { type Router, routerOf } from '../../api/http/router.ts';
import { v1Routes } from '../../api/http/v1/routes.ts';
import { v3Router } from '../../api/http/v3/gateway.ts';
import { type V3Methods, v3Methods } from '../../api/http/v3/methods.ts';
import { openApiRouter } from '../../api/openapi-document.ts';
import type { Config } from '../../config/settings.ts';
import { Disposal } from '../../kit/disposal.ts';
import type { FeedOfSource } from '../../service/feeds/update-feeds.ts';
import { toNativeDeps, toV1Deps, toV3Deps } from './api-deps.ts';
import { startNotifier } from './notifier.ts';
import type { ServiceDeps } from './service-deps.ts';
import { startUpdater } from './updater.ts';

/** What of a server depends on its plugins. Disposing it ends updater and notifier; requests under way go on with its plugins. */
export interface ReloadableServices extends AsyncDisposable {
  /** Asked in this order. */
  readonly routers: readonly Router[];
  /** What is called over gRPC. */
  readonly methods: V3Methods;
  /** The feeds that are kept current. */
  readonly feeds: readonly FeedOfSource[];
}

/**
 * Puts the API together with the extensions there are now, and starts updater and notifier once those before have ended. Owns the plugins
 * from then on.
 */
export function startServices(config: Config, deps: ServiceDeps): ReloadableServices {
  const running = new Disposal();
  running.use(deps.loaded);
  const api = apiOf(config, deps);
  running.use(startUpdater(config, deps));
  running.use(startNotifier(config, deps));
  return { ...api, feeds: deps.plan.feeds, [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() };
}

function apiOf(config: Config, deps: ServiceDeps): Pick<ReloadableServices, 'routers' | 'methods'> {
  const v1Deps = toV1Deps(deps);
  const v3Deps = toV3Deps(v1Deps);
  const methods = v3Methods(v3Deps);
  const routers = [
    routerOf('/v1', v1Routes(v1Deps)),
    v3Router(v3Deps, methods),
    openApiRouter(config.api.tokens.length > 0),
    routerOf('', nativeRoutes(toNativeDeps(deps))),
  ];
  return { routers, methods };
}
