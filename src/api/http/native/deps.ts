import type { AffectedImagesDeps } from '../../../service/notifications/affected-images.ts';
import type { FollowEventsDeps } from '../../../service/notifications/follow-events.ts';
import type { Store } from '../../../store/store.ts';
import type { ListLimiter } from '../list-limiter.ts';

/** What the handlers of our own routes work with. */
export interface NativeDeps extends Omit<FollowEventsDeps, 'store'> {
  readonly store: Store;
  readonly extensions: AffectedImagesDeps['extensions'];
  /** Makes the pages of lists, those of the other APIs included. */
  readonly listLimiter: ListLimiter;
  /** Who follows events at this moment. */
  readonly followers: Set<symbol>;
  readonly now: () => Date;
}
