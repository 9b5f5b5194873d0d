import type { NativeRoom } from '../../api/http/native/room.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { Bell } from '../../service/bell.ts';
import type { Store } from '../../store/store.ts';
import { pauseOrBell } from './pause.ts';

/** How often it is looked whether another server has made events. */
const pollMs = 5_000;

/** What our own routes are made of. */
export interface NativeParts {
  readonly extensions: Extensions;
  readonly store: Store;
  readonly bell: Bell;
  readonly now: () => Date;
}

/** What the handlers of our own routes work with. */
export function nativeRoom({ extensions, store, bell, now }: NativeParts): NativeRoom {
  return {
    store,
    extensions,
    followers: new Set(),
    now,
    pause: (signal) => pauseOrBell(pollMs, bell, signal),
  };
}
