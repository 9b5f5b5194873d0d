import type { SingleFlight } from '../../../kit/async/single-flight.ts';
import type { Extensions } from '../../../plugin/extensions.ts';
import type { IngestLayerDeps } from '../../../service/ingest/ingest-layer.ts';
import type { WriteVulnerabilityDeps } from '../../../service/ingest/write-vulnerability.ts';
import type { Store } from '../../../store/store.ts';
import type { DocumentCache } from '../encoded-document.ts';
import type { IngestRecord } from '../ingest-record.ts';
import type { ListLimiter } from '../list-limiter.ts';
import type { PageTokens } from './page-token.ts';

/** Dependencies of the routes of the Clair v1 API. */
export interface V1Deps {
  readonly extensions: Pick<Extensions, 'listers' | 'schemes' | 'sources'>;
  readonly store: Store;
  readonly ingest: IngestLayerDeps;
  /** Deduplicates concurrent posts of one layer. */
  readonly pendingIngests: SingleFlight<unknown>;
  readonly writing: WriteVulnerabilityDeps;
  readonly tokens: PageTokens;
  /** Responses that hold until the database changes. */
  readonly documents: DocumentCache;
  /** Limits lists of all APIs together. */
  readonly listLimiter: ListLimiter;
  /** Called once for each ingest, successful or not. */
  readonly onIngested: (record: IngestRecord) => void;
  /** Returns the metrics of this process in the text format of Prometheus. */
  readonly metrics: () => Promise<string>;
}
