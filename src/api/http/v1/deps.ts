import type { SingleFlight } from '../../../kit/async/single-flight.ts';
import type { Extensions } from '../../../plugin/extensions.ts';
import type { IngestLayerDeps } from '../../../service/ingest/ingest-layer.ts';
import type { WriteVulnerabilityDeps } from '../../../service/ingest/write-vulnerability.ts';
import type { Store } from '../../../store/store.ts';
import type { IngestRecord } from '../ingest-record.ts';
import type { ListLimiter } from '../list-limiter.ts';
import type { PageTokens } from './page-token.ts';

/** What the handlers of Clair's first API work with. */
export interface V1Deps {
  readonly extensions: Pick<Extensions, 'listers' | 'schemes' | 'sources'>;
  readonly store: Store;
  readonly ingest: IngestLayerDeps;
  /** A layer posted by several clients at once is read once. */
  readonly pendingIngests: SingleFlight<void>;
  readonly writing: WriteVulnerabilityDeps;
  readonly tokens: PageTokens;
  /** Makes the pages of lists, those of the other APIs included. */
  readonly listLimiter: ListLimiter;
  /** Called once for each post that was taken in or failed. */
  readonly onIngested: (record: IngestRecord) => void;
  /** The metrics of this process as text. */
  readonly metrics: () => Promise<string>;
}
