import type { Logger } from 'pino';
import type { ConsoleFiles } from '../../api/http/console/console-files.ts';
import type { ListLimiter } from '../../api/http/list-limiter.ts';
import type { Metrics } from '../../api/metrics.ts';
import type { SingleFlight } from '../../kit/async/single-flight.ts';
import type { WakeSignal } from '../../kit/async/wake-signal.ts';
import type { Tracer } from '../../kit/trace/tracer.ts';
import type { LayerPool } from '../../layer-pool/layer-pool.ts';
import type { FeedOfSource } from '../../service/feeds/update-feeds.ts';
import type { LayerExtracts } from '../../service/fleet/layer-extracts.ts';
import type { JobPulse } from '../../service/jobs/job-pulse.ts';
import type { ActiveSuppressions } from '../../service/suppressions/active-suppressions.ts';
import type { VexKeys } from '../../service/suppressions/vex-keys.ts';
import type { Store } from '../../store/store.ts';
import type { LoadedExtensions } from '../load-extensions.ts';
import type { ServerPlan } from './server-plan.ts';
import type { ServicePlan } from './service-plan.ts';

/** The dependencies of a server that a reload of plugins keeps. */
export interface SharedDeps {
  readonly store: Store;
  /** Name by which threads share a database in memory; undefined for other databases. */
  readonly memoryName: string | undefined;
  readonly pool: LayerPool;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Returns the metrics in Prometheus text format, those of feeds and updates for the enabled feeds. */
  readonly writeMetrics: (enabled: readonly FeedOfSource[]) => Promise<string>;
  /** Undefined if tracing is off. */
  readonly tracer: Tracer | undefined;
  /** The pending ingests of layers and ancestries. */
  readonly ingests: SingleFlight<unknown>;
  /** Notified when this server or another one announces new work. */
  readonly wakeSignal: WakeSignal;
  /** Announces to all servers that there may be new events or jobs. */
  readonly announceWork: () => void;
  readonly now: () => Date;
  /** Whether the loop of jobs of this server runs. */
  readonly jobPulse: JobPulse;
  /** The extracts of layers; undefined if none are kept. */
  readonly extracts: LayerExtracts | undefined;
  /** Limits concurrent list requests. */
  readonly listGate: ListLimiter;
  /** The files of the console; undefined if it is not built. */
  readonly consoleFiles: ConsoleFiles | undefined;
  /** The settings that do not depend on plugins. */
  readonly server: ServerPlan;
}

/** The dependencies of one instance of the reloadable services. */
export interface ServiceDeps extends SharedDeps {
  /** The extensions of this instance, including its plugins. */
  readonly loaded: LoadedExtensions;
  /** The settings that name extensions, resolved. */
  readonly plan: ServicePlan;
  /** The rules and VEX statements that apply to all images of the server. */
  readonly suppressions: ActiveSuppressions;
  /** The keys whose VEX documents count if they are attached to an image. */
  readonly vexKeys: VexKeys;
  /** Resolves when updater and notifier of the previous instance have ended. */
  readonly previousStopped?: Promise<undefined>;
}
