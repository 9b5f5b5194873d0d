import { documentRouter } from '../../api/document.ts';
import { nativeRoutes } from '../../api/http/native/routes.ts';
import { type Router, routerOf } from '../../api/http/router.ts';
import { v1Routes } from '../../api/http/v1/routes.ts';
import { v3Router } from '../../api/http/v3/gateway.ts';
import { type V3Methods, v3Methods } from '../../api/http/v3/methods.ts';
import type { Config } from '../../config/settings.ts';
import { Disposal } from '../../kit/disposal.ts';
import type { FeedOfSource } from '../../service/feeds/update-feeds.ts';
import { nativeRoom, v1Room, v3Room } from './api-rooms.ts';
import { startNotifier } from './notifier.ts';
import type { GenerationParts } from './server-parts.ts';
import { startUpdater } from './updater.ts';

/** What of a server depends on its plugins. Disposing it ends updater and notifier; requests under way go on with its plugins. */
export interface Generation extends AsyncDisposable {
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
export function beginGeneration(config: Config, parts: GenerationParts): Generation {
  const running = new Disposal();
  running.use(parts.plugged);
  const api = apiOf(config, parts);
  running.use(startUpdater(config, parts));
  running.use(startNotifier(config, parts));
  return { ...api, feeds: parts.plan.feeds, [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() };
}

function apiOf(config: Config, parts: GenerationParts): Pick<Generation, 'routers' | 'methods'> {
  const first = v1Room(parts);
  const third = v3Room(first);
  const methods = v3Methods(third);
  const routers = [
    routerOf('/v1', v1Routes(first)),
    v3Router(third, methods),
    documentRouter(config.api.tokens.length > 0),
    routerOf('', nativeRoutes(nativeRoom(parts))),
  ];
  return { routers, methods };
}
