import { pageTokens, paginationKey } from '../../api/http/v1/page-token.ts';
import type { V1Room } from '../../api/http/v1/room.ts';
import type { V3Room } from '../../api/http/v3/room.ts';
import type { Config } from '../../config/settings.ts';
import { SharedWork } from '../../kit/shared-work.ts';
import { Turns } from '../../kit/turns.ts';
import type { LayerPool } from '../../layer-pool/layer-pool.ts';
import type { Plugged } from '../plugged.ts';
import { selected } from './selected.ts';

/** What the first API is made of. */
export interface V1Parts extends Pick<V1Room, 'store' | 'metrics'> {
  readonly pool: LayerPool;
  readonly plugged: Plugged;
  readonly now: () => Date;
  readonly onChange: () => void;
}

/** What the handlers of Clair's first API work with, as the configuration has it. */
export function v1Room(
  { api, database, worker }: Config,
  { store, pool, plugged, metrics, now, onChange }: V1Parts,
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
    writing: { extensions, store, turns: new Turns(1), now, onChange },
    tokens: pageTokens(paginationKey(api.paginationkey || database.options.paginationkey), now),
    metrics,
  };
}

/** What the handlers of the third API work with: all that those of the first have. */
export function v3Room({ extensions, store, posting, tokens, metrics }: V1Room): V3Room {
  return { extensions, store, posting: { ...posting, store }, posts: new SharedWork(), tokens, metrics };
}
