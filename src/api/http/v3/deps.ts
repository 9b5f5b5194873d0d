import type { SingleFlight } from '../../../kit/async/single-flight.ts';
import type { AncestryViewDeps } from '../../../service/ingest/ancestry-view.ts';
import type { IngestAncestryDeps } from '../../../service/ingest/ingest-ancestry.ts';
import type { NotificationViewDeps } from '../../../service/notifications/notification-view.ts';
import type { IngestRecord } from '../ingest-record.ts';
import type { ListLimiter } from '../list-limiter.ts';
import type { PageTokens } from '../v1/page-token.ts';

/** What the handlers of Clair's third API work with, over whatever they are called. */
export interface V3Deps {
  readonly extensions: AncestryViewDeps['extensions'];
  readonly store: AncestryViewDeps['store'] & NotificationViewDeps['store'] & IngestAncestryDeps['store'];
  readonly ingest: IngestAncestryDeps;
  /** An ancestry posted by several clients at once is read once. */
  readonly pendingIngests: SingleFlight<void>;
  readonly tokens: Pick<PageTokens, 'readRow' | 'writeRow'>;
  /** Makes the pages of lists, those of the other APIs included. */
  readonly listLimiter: ListLimiter;
  /** Called once for each post that was taken in or failed. */
  readonly onIngested: (record: IngestRecord) => void;
  /** The metrics of this process as text. */
  readonly metrics: () => Promise<string>;
}
