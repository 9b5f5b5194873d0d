import { isIPv4 } from 'node:net';
import { type Address, listenAddress } from './address.ts';
import type { Config } from './settings.ts';

/** The settings of where posted layers may come from, decided. */
export type LayerSources = Omit<Config['worker']['sources'], 'policy'> & {
  readonly policy: 'open' | 'strict';
};

/** What a policy that is left to itself comes to: as Clair, anything goes, where only programs of this machine can post. */
export function layerSources({ api, worker: { sources } }: Config): LayerSources {
  const { policy } = sources;
  if (policy !== 'auto') return { ...sources, policy };
  const isLocal = isLoopback(listenAddress('api.addr', api.addr, api.port));
  return { ...sources, policy: isLocal ? 'open' : 'strict' };
}

/** Whether only this machine can reach an address. A name other than `localhost` may come to mean anything. */
export function isLoopback({ host = '' }: Address): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}
