import type { KeyedWork } from '../../../kit/keyed-work.ts';
import type { NotificationViewRoom } from '../../../service/notices/notification-view.ts';
import type { AncestryViewRoom } from '../../../service/posts/ancestry-view.ts';
import type { AncestryPostingRoom } from '../../../service/posts/post-ancestry.ts';
import type { ListGate } from '../list-gate.ts';
import type { PostRecord } from '../post-record.ts';
import type { PageTokens } from '../v1/page-token.ts';

/** What the handlers of Clair's third API work with, over whatever they are called. */
export interface V3Room {
  readonly extensions: AncestryViewRoom['extensions'];
  readonly store: AncestryViewRoom['store'] & NotificationViewRoom['store'] & AncestryPostingRoom['store'];
  readonly posting: AncestryPostingRoom;
  /** An ancestry posted by several clients at once is read once. */
  readonly posts: KeyedWork<void>;
  readonly tokens: Pick<PageTokens, 'readRow' | 'writeRow'>;
  /** Makes the pages of lists, those of the other APIs included. */
  readonly lists: ListGate;
  /** Called once for each post that was taken in or failed. */
  readonly onPosted: (record: PostRecord) => void;
  /** The metrics of this process as text. */
  readonly metrics: () => Promise<string>;
}
