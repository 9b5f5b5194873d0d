import type { AffectedRoom } from '../../../service/notices/affected.ts';
import type { FollowingRoom } from '../../../service/notices/follow-events.ts';
import type { Store } from '../../../store/store.ts';
import type { ListGate } from '../list-gate.ts';

/** What the handlers of our own routes work with. */
export interface NativeRoom extends Omit<FollowingRoom, 'store'> {
  readonly store: Store;
  readonly extensions: AffectedRoom['extensions'];
  /** Makes the pages of lists, those of the other APIs included. */
  readonly lists: ListGate;
  /** Who follows events at this moment. */
  readonly followers: Set<symbol>;
  readonly now: () => Date;
}
