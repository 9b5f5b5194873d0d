import { pageTokens, paginationKey } from '../../api/http/v1/page-token.ts';
import type { V1Room } from '../../api/http/v1/room.ts';
import type { Config } from '../../config/settings.ts';
import { builtIn } from '../../extensions.ts';
import { SharedWork } from '../../kit/shared-work.ts';
import { Turns } from '../../kit/turns.ts';
import type { LayerPool } from '../../layer-pool/layer-pool.ts';
import { selected } from './selected.ts';

/** What the first API is made of. */
export interface V1Parts extends Pick<V1Room, 'store' | 'metrics'> {
  readonly pool: LayerPool;
  readonly now: () => Date;
  readonly onChange: () => void;
}

/** What the handlers of Clair's first API work with, as the configuration has it. */
export function v1Room(
  { api, database, worker }: Config,
  { store, pool, metrics, now, onChange }: V1Parts,
): V1Room {
  const { namespace_detectors: detectors, feature_listers: listers } = worker;
  const extensions = {
    ...builtIn,
    detectors: selected('worker.namespace_detectors', detectors, builtIn.detectors),
    listers: selected('worker.feature_listers', listers, builtIn.listers),
  };
  const asked = new Set(extensions.listers.map(({ name }) => name));
  const ignoredListers = new Set(builtIn.listers.map(({ name }) => name).filter((name) => !asked.has(name)));
  return {
    extensions,
    store,
    posting: { extensions, store, read: pool.read, ignoredListers },
    posts: new SharedWork(),
    writing: { extensions, store, turns: new Turns(1), now, onChange },
    tokens: pageTokens(paginationKey(api.paginationkey || database.options.paginationkey), now),
    metrics,
  };
}
