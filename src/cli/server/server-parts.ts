import type { Logger } from 'pino';
import type { ListGate } from '../../api/http/list-gate.ts';
import type { Metrics } from '../../api/metrics.ts';
import type { KeyedWork } from '../../kit/keyed-work.ts';
import type { Tracer } from '../../kit/trace/tracer.ts';
import type { LayerPool } from '../../layer-pool/layer-pool.ts';
import type { Bell } from '../../service/notices/bell.ts';
import type { Store } from '../../store/store.ts';
import type { Plugged } from '../plugged.ts';
import type { GenerationPlan } from './generation-plan.ts';
import type { ServerPlan } from './server-plan.ts';

/** What of a server stays when its plugins are loaded anew. */
export interface LastingParts {
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
  readonly posts: KeyedWork<void>;
  /** Rings when something may have changed. */
  readonly bell: Bell;
  readonly now: () => Date;
  /** Makes the pages of lists. */
  readonly lists: ListGate;
  /** The settings that no plugin changes. */
  readonly server: ServerPlan;
}

/** What one generation of a server works with. */
export interface GenerationParts extends LastingParts {
  /** What there is with the plugins of this generation. */
  readonly plugged: Plugged;
  /** The settings that name extensions. */
  readonly plan: GenerationPlan;
  /** Comes when updater and notifier of the generation before have ended. */
  readonly after?: Promise<undefined>;
}
