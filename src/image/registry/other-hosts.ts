import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP } from 'node:net';
import { ClairError } from '../../core/errors.ts';
import { hasProxy } from '../../kit/http/http-environment.ts';
import { HttpError, hostOf } from '../../kit/http/http-rules.ts';
import type { ConnectionOptions } from '../../kit/http/http-transport.ts';
import { addressRule, checkedLookup } from '../posted/source-policy.ts';

/**
 * Returns the connection options for a host that a registry names: the target of a redirect, or a token endpoint. Throws an `HttpError`
 * caused by `source-refused` for a host that is not allowed.
 */
export type ConnectToOtherHost = (url: URL) => ConnectionOptions;

/**
 * Returns connections to the public Internet and to `networks` only. Otherwise a registry could make a server send requests to internal
 * hosts (SSRF). The check is made at the address that the connection uses. A host that is reached through a proxy of `env` is checked only
 * if it is an address: the proxy decides about names. Throws `config-invalid` for a malformed network.
 */
export function publicOtherHosts(
  networks: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): ConnectToOtherHost {
  const isAllowed = addressRule(networks);
  // Sockets of the global agents may have been opened without the check.
  const agents = { 'http:': new HttpAgent(), 'https:': new HttpsAgent() };
  const isProxied = hasProxy(env);
  return (url) => {
    const own = hostOf(url);
    const refuse = (lookupError: Error | null): HttpError => refusedHostError(url.host, lookupError);
    if (isIP(own) !== 0 && !isAllowed(own)) throw refuse(null);
    const checked = checkedLookup({
      isAllowed: (address, host) => host !== own || isAllowed(address),
      refuse,
    });
    if (isProxied) return { proxyEnv: env, lookup: checked };
    return { agent: agents[url.protocol === 'https:' ? 'https:' : 'http:'], lookup: checked };
  };
}

/** Returns the same error for a name without addresses and for one without allowed ones: the difference would reveal internal names. */
function refusedHostError(host: string, lookupError: Error | null): HttpError {
  const message = `it leads to ${host}, which has no address, or none on the public Internet or in worker.sources.networks`;
  const cause = new ClairError('source-refused', message, { cause: lookupError });
  return new HttpError(message, { cause });
}
