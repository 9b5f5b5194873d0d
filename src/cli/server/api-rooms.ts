import type { NativeRoom } from '../../api/http/native/room.ts';
import { pageTokens, paginationKey } from '../../api/http/v1/page-token.ts';
import type { V1Room } from '../../api/http/v1/room.ts';
import type { V3Room } from '../../api/http/v3/room.ts';
import type { Config } from '../../config/settings.ts';
import { SharedWork } from '../../kit/shared-work.ts';
import { Turns } from '../../kit/turns.ts';
import { pauseOrBell } from './pause.ts';
import { selected } from './selected.ts';
import type { GenerationParts } from './server-parts.ts';

/** How often it is looked whether another server has made events. */
const pollMs = 5_000;

/** What the handlers of Clair's first API work with, as the configuration has it. */
export function v1Room(
  { api, database, worker }: Config,
  { store, pool, plugged, writeMetrics, bell, now }: GenerationParts,
): V1Room {
  const { namespace_detectors: detectors, feature_listers: listers } = worker;
  const all = plugged.extensions;
  const extensions = {
    ...all,
    detectors: selected('worker.namespace_detectors', detectors, all.detectors),
    listers: selected('worker.feature_listers', listers, all.listers),
  };
  const asked = new Set(extensions.listers.map(({ name }) => name));
  const ignoredListers = new Set(all.listers.map(({ name }) => name).filter((name) => !asked.has(name)));
  return {
    extensions,
    store,
    posting: { extensions, store, read: pool.reader(plugged.analyzers), ignoredListers },
    posts: new SharedWork(),
    writing: {
      ...{ extensions, store, turns: new Turns(1), now },
      onChange: () => {
        bell.ring();
      },
    },
    tokens: pageTokens(paginationKey(api.paginationkey || database.options.paginationkey), now),
    metrics: writeMetrics,
  };
}

/** What the handlers of the third API work with: all that those of the first have. */
export function v3Room({ extensions, store, posting, tokens, metrics }: V1Room): V3Room {
  return { extensions, store, posting: { ...posting, store }, posts: new SharedWork(), tokens, metrics };
}

/** What the handlers of our own routes work with. */
export function nativeRoom({ plugged: { extensions }, store, bell, now }: GenerationParts): NativeRoom {
  return {
    store,
    extensions,
    followers: new Set(),
    now,
    pause: (signal) => pauseOrBell(pollMs, bell, signal),
  };
}
