import { isIPv4 } from 'node:net';
import { ClairError } from '../core/errors.ts';

/** The address a server listens on; all interfaces if `host` is absent. */
export interface Address {
  readonly host?: string;
  readonly port: number;
}

/**
 * Parses an address as Clair v3 writes it: `0.0.0.0:6060`, `:6060`, `[::1]:6060`. Returns `port` on all interfaces if `addr` is empty.
 * Throws `config-invalid` under the setting's name.
 */
export function listenAddress(name: string, addr: string, port: number): Address {
  if (addr === '') return { port };
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(addr) ?? [];
  if (digits === undefined || Number(digits) > 65_535)
    throw new ClairError('config-invalid', `${name} takes an address such as 0.0.0.0:6060, not ${addr}`);
  const host = bracketed ?? plain ?? '';
  return host === '' ? { port: Number(digits) } : { host, port: Number(digits) };
}

/** Returns whether only this machine can reach an address. Names other than `localhost` may resolve to any address. */
export function isLoopbackAddress({ host = '' }: Address): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}
