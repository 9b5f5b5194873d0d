import type { Logger } from 'pino';
import { documentRouter } from '../../api/document.ts';
import { nativeRoutes } from '../../api/http/native/routes.ts';
import { type Router, routerOf } from '../../api/http/router.ts';
import { v1Routes } from '../../api/http/v1/routes.ts';
import { v3Router } from '../../api/http/v3/gateway.ts';
import { type V3Methods, v3Methods } from '../../api/http/v3/methods.ts';
import type { Metrics } from '../../api/metrics.ts';
import type { Config } from '../../config/settings.ts';
import type { Tracer } from '../../kit/trace/tracer.ts';
import type { LayerPool } from '../../layer-pool/layer-pool.ts';
import type { Bell } from '../../service/bell.ts';
import type { Store } from '../../store/store.ts';
import type { Plugged } from '../plugged.ts';
import { nativeRoom } from './native-room.ts';
import { startNotifier } from './notifier.ts';
import { startUpdater } from './updater.ts';
import { v1Room, v3Room } from './v1-room.ts';

/** What of a server stays when its plugins are loaded anew. */
export interface LastingParts {
  readonly store: Store;
  readonly pool: LayerPool;
  readonly log: Logger;
  readonly counted: Metrics;
  readonly tracer: Tracer;
  readonly bell: Bell;
  readonly metrics: () => Promise<string>;
}

/** What of a server depends on its plugins. Disposing it ends updater and notifier; requests under way go on with its plugins. */
export interface Generation extends AsyncDisposable {
  /** Asked in this order. */
  readonly routers: readonly Router[];
  /** What is called over gRPC. */
  readonly methods: V3Methods;
}

/**
 * Puts the API together with the extensions there are now, and starts updater and notifier once those before have ended. Owns the plugins
 * from then on.
 */
export function beginGeneration(
  config: Config,
  plugged: Plugged,
  { after, ...lasting }: LastingParts & { readonly after?: Promise<undefined> },
): Generation {
  const { extensions } = plugged;
  const onChange = (): void => {
    lasting.bell.ring();
  };
  const now = (): Date => new Date();
  const first = v1Room(config, { ...lasting, plugged, now, onChange });
  const third = v3Room(first);
  const methods = v3Methods(third);
  const routers = [
    routerOf('/v1', v1Routes(first)),
    v3Router(third, methods),
    documentRouter(config.api.tokens.length > 0),
    routerOf('', nativeRoutes(nativeRoom({ ...lasting, extensions, now }))),
  ];
  const parts = new AsyncDisposableStack();
  parts.use(plugged);
  try {
    parts.use(startUpdater(config, { ...lasting, extensions, onChange, after }));
    parts.use(startNotifier(config, { ...lasting, extensions, after }));
  } catch (error) {
    // Either may refuse the configuration.
    void parts.disposeAsync();
    throw error;
  }
  return { routers, methods, [Symbol.asyncDispose]: () => parts.disposeAsync() };
}
