import { isLoopbackAddress, listenAddress } from './address.ts';
import type { Config } from './settings.ts';

/** The settings of where posted layers may come from, decided. */
export type LayerSources = Omit<Config['worker']['sources'], 'policy'> & {
  readonly policy: 'open' | 'strict';
};

/** What a policy that is left to itself comes to: as Clair, anything goes, where only programs of this machine can post. */
export function resolveLayerSources({ api, worker: { sources } }: Config): LayerSources {
  const { policy } = sources;
  if (policy !== 'auto') return { ...sources, policy };
  const isLocal = isLoopbackAddress(listenAddress('api.addr', api.addr, api.port));
  return { ...sources, policy: isLocal ? 'open' : 'strict' };
}
