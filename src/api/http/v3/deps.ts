import type { SingleFlight } from '../../../kit/async/single-flight.ts';
import type { FeedOfSource } from '../../../service/feeds/update-feeds.ts';
import type { AncestryViewDeps } from '../../../service/ingest/ancestry-view.ts';
import type { IngestAncestryDeps } from '../../../service/ingest/ingest-ancestry.ts';
import type { NotificationViewDeps } from '../../../service/notifications/notification-view.ts';
import type { IngestRecord } from '../ingest-record.ts';
import type { ListLimiter } from '../list-limiter.ts';
import type { PageTokens } from '../v1/page-token.ts';

/** Dependencies of the methods of the Clair v3 API, over gRPC and HTTP. */
export interface V3Deps {
  readonly extensions: AncestryViewDeps['extensions'];
  readonly store: AncestryViewDeps['store'] & NotificationViewDeps['store'] & IngestAncestryDeps['store'];
  readonly ingest: IngestAncestryDeps;
  /** The enabled feeds. */
  readonly feeds: readonly FeedOfSource[];
  /** Deduplicates concurrent posts of one ancestry. */
  readonly pendingIngests: SingleFlight<unknown>;
  readonly tokens: Pick<PageTokens, 'readRow' | 'writeRow'>;
  /** Limits lists of all APIs together. */
  readonly listLimiter: ListLimiter;
  /** Called once for each ingest, successful or not. */
  readonly onIngested: (record: IngestRecord) => void;
  /** Returns the metrics of this process in the text format of Prometheus. */
  readonly metrics: () => Promise<string>;
}
