import { isLoopbackAddress, listenAddress } from './address.ts';
import type { Config } from './settings.ts';

/** The settings of `worker.sources` with `auto` resolved. */
export type LayerSources = Omit<Config['worker']['sources'], 'policy'> & {
  readonly policy: 'open' | 'strict';
};

/** Resolves the policy `auto`: `open`, as in Clair, if only programs of this machine can post; otherwise `strict`. */
export function resolveLayerSources({ api, worker: { sources } }: Config): LayerSources {
  const { policy } = sources;
  if (policy !== 'auto') return { ...sources, policy };
  const isLocal = isLoopbackAddress(listenAddress('api.addr', api.addr, api.port));
  return { ...sources, policy: isLocal ? 'open' : 'strict' };
}
