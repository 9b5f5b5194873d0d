import type { Logger } from 'pino';
import type { ListLimiter } from '../../api/http/list-limiter.ts';
import type { Metrics } from '../../api/metrics.ts';
import type { SingleFlight } from '../../kit/async/single-flight.ts';
import type { WakeSignal } from '../../kit/async/wake-signal.ts';
import type { Tracer } from '../../kit/trace/tracer.ts';
import type { LayerPool } from '../../layer-pool/layer-pool.ts';
import type { Store } from '../../store/store.ts';
import type { LoadedExtensions } from '../load-extensions.ts';
import type { ServerPlan } from './server-plan.ts';
import type { ServicePlan } from './service-plan.ts';

/** What of a server stays when its plugins are loaded anew. */
export interface SharedDeps {
  readonly store: Store;
  /** Name that threads share a database in memory by; absent for any other. */
  readonly memoryName: string | undefined;
  readonly pool: LayerPool;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** The metrics as text. */
  readonly writeMetrics: () => Promise<string>;
  readonly tracer: Tracer;
  /** Layers and ancestries that are being taken in. */
  readonly ingests: SingleFlight<void>;
  /** Rings when something may have changed. */
  readonly wakeSignal: WakeSignal;
  readonly now: () => Date;
  /** Makes the pages of lists. */
  readonly listGate: ListLimiter;
  /** The settings that no plugin changes. */
  readonly server: ServerPlan;
}

/** What one generation of a server works with. */
export interface ServiceDeps extends SharedDeps {
  /** What there is with the plugins of this generation. */
  readonly loaded: LoadedExtensions;
  /** The settings that name extensions. */
  readonly plan: ServicePlan;
  /** Comes when updater and notifier of the generation before have ended. */
  readonly previousStopped?: Promise<undefined>;
}
