import type { AffectedImagesDeps } from '../../../service/notifications/affected-images.ts';
import type { FollowEventsDeps } from '../../../service/notifications/follow-events.ts';
import type { Store } from '../../../store/store.ts';
import type { ListLimiter } from '../list-limiter.ts';

/** Dependencies of the native routes, which Clair does not have. */
export interface NativeDeps extends Omit<FollowEventsDeps, 'store'> {
  readonly store: Store;
  readonly extensions: AffectedImagesDeps['extensions'];
  readonly suppressions?: AffectedImagesDeps['suppressions'];
  /** Limits lists of all APIs together. */
  readonly listLimiter: ListLimiter;
  /** The current clients of `GET /events`. */
  readonly followers: Set<symbol>;
  readonly now: () => Date;
}
