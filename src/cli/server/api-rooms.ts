import type { NativeRoom } from '../../api/http/native/room.ts';
import { pageTokens } from '../../api/http/v1/page-token.ts';
import type { V1Room } from '../../api/http/v1/room.ts';
import type { V3Room } from '../../api/http/v3/room.ts';
import { KeyedTurns } from '../../kit/keyed-turns.ts';
import { limits } from '../../kit/limits.ts';
import { logPost } from '../log/server-events.ts';
import { pauseOrBell } from './pause.ts';
import type { GenerationParts } from './server-parts.ts';

/** How often it is looked whether another server has made events. */
const pollMs = 5_000;

/** What the handlers of Clair's first API work with. */
export function v1Room({
  store,
  pool,
  plugged,
  plan: { detectors, listers },
  server: { pageKey },
  writeMetrics,
  bell,
  posts,
  lists,
  now,
  log,
}: GenerationParts): V1Room {
  const all = plugged.extensions;
  const extensions = { ...all, detectors, listers };
  const asked = new Set(extensions.listers.map(({ name }) => name));
  const ignoredListers = new Set(all.listers.map(({ name }) => name).filter((name) => !asked.has(name)));
  return {
    extensions,
    store,
    posting: { extensions, store, read: pool.reader(plugged.analyzers), ignoredListers },
    posts,
    writing: {
      ...{ extensions, store, turns: new KeyedTurns(limits.storeWriteWaitMs), now },
      onChange: () => {
        bell.ring();
      },
    },
    tokens: pageTokens(pageKey, now),
    lists,
    onPosted: (record) => {
      logPost(log, record);
    },
    metrics: writeMetrics,
  };
}

/** What the handlers of the third API work with: all that those of the first have. */
export function v3Room({
  extensions,
  store,
  posting,
  posts,
  tokens,
  lists,
  onPosted,
  metrics,
}: V1Room): V3Room {
  return { extensions, store, posting: { ...posting, store }, posts, tokens, lists, onPosted, metrics };
}

/** What the handlers of our own routes work with. */
export function nativeRoom({
  plugged: { extensions },
  store,
  bell,
  lists,
  now,
}: GenerationParts): NativeRoom {
  return {
    store,
    extensions,
    lists,
    followers: new Set(),
    now,
    pause: (signal) => pauseOrBell(pollMs, bell, signal),
  };
}
