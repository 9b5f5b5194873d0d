import type { KeyedWork } from '../../../kit/keyed-work.ts';
import type { Extensions } from '../../../plugin/extensions.ts';
import type { PostingRoom } from '../../../service/posts/post-layer.ts';
import type { WritingRoom } from '../../../service/posts/write-vulnerability.ts';
import type { Store } from '../../../store/store.ts';
import type { ListGate } from '../list-gate.ts';
import type { PostRecord } from '../post-record.ts';
import type { PageTokens } from './page-token.ts';

/** What the handlers of Clair's first API work with. */
export interface V1Room {
  readonly extensions: Pick<Extensions, 'listers' | 'schemes' | 'sources'>;
  readonly store: Store;
  readonly posting: PostingRoom;
  /** A layer posted by several clients at once is read once. */
  readonly posts: KeyedWork<void>;
  readonly writing: WritingRoom;
  readonly tokens: PageTokens;
  /** Makes the pages of lists, those of the other APIs included. */
  readonly lists: ListGate;
  /** Called once for each post that was taken in or failed. */
  readonly onPosted: (record: PostRecord) => void;
  /** The metrics of this process as text. */
  readonly metrics: () => Promise<string>;
}
