import { lookup } from 'node:dns';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { ClairError } from '../../core/errors.ts';
import { hasProxy } from '../../kit/http/http-environment.ts';
import { HttpError, hostOf } from '../../kit/http/http-rules.ts';
import type { ConnectionOptions } from '../../kit/http/http-transport.ts';
import { isInNetworks, isPublicAddress, parseNetworks } from './public-address.ts';

/** The setting `worker.sources`: where layers may come from. */
export interface SourceSettings {
  /** `open` allows any URL and any local file, as Clair does. `strict` allows only what the other settings list. */
  readonly policy: 'open' | 'strict';
  /** Allowed schemes: `http`, `https`. */
  readonly schemes: readonly string[];
  /**
   * Allowed hosts. `*` matches any host, `*.example.org` any subdomain, `example.org` that host on any port, `example.org:5000` on that
   * port.
   */
  readonly hosts: readonly string[];
  /** Allowed networks besides the public Internet. */
  readonly networks: readonly string[];
  /** Directories that local layers may be in. */
  readonly directories: readonly string[];
}

/** Decides from where layers may be read. */
export interface SourcePolicy {
  /** Directories that local layers may be in; undefined allows any. */
  readonly directories: readonly string[] | undefined;
  /** Returns the connection options for a URL. Throws an `HttpError` caused by `source-refused` if the policy does not allow the URL. */
  readonly connect: (url: URL) => ConnectionOptions;
  /** Whether connections may use a proxy. */
  readonly isProxied: boolean;
}

/**
 * Creates the policy of the settings. `insecureTls` accepts any certificate. `env` holds the proxy settings. Throws `config-invalid` for a
 * malformed network.
 */
export function sourcePolicy(
  settings: SourceSettings,
  insecureTls = false,
  env: NodeJS.ProcessEnv = process.env,
): SourcePolicy {
  const tls = insecureTls ? { rejectUnauthorized: false } : {};
  if (settings.policy === 'open')
    return { directories: undefined, connect: () => tls, isProxied: hasProxy(env) };
  const isAllowed = addressRule(settings.networks);
  // Only a direct connection reveals the address, so these agents use no proxy.
  const agents = { 'http:': new HttpAgent(), 'https:': new HttpsAgent() };
  const checked = checkedLookup({ isAllowed, refuse: unusableName });
  return {
    directories: settings.directories,
    isProxied: false,
    connect(url) {
      const { protocol } = url;
      if (protocol !== 'http:' && protocol !== 'https:') throw refusedRequestError(url.host);
      if (!settings.schemes.includes(protocol.slice(0, -1)))
        throw refusedRequestError(`${protocol}//${url.host}`);
      if (!settings.hosts.some((rule) => matchesHost(rule.toLowerCase(), url)))
        throw refusedRequestError(url.host);
      const address = hostOf(url);
      if (isIP(address) !== 0 && !isAllowed(address)) throw refusedRequestError(url.host);
      return { ...tls, agent: agents[protocol], lookup: checked };
    },
  };
}

/**
 * Returns whether an address is on the public Internet or in one of the networks. Throws `config-invalid` for a malformed network of
 * `worker.sources.networks`.
 */
export function addressRule(cidrs: readonly string[]): (address: string) => boolean {
  try {
    const listed = parseNetworks(cidrs);
    return (address) => isPublicAddress(address) || isInNetworks(listed, address);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ClairError('config-invalid', `worker.sources.networks: ${error.message}`, { cause: error });
  }
}

function matchesHost(rule: string, { hostname, host, port, protocol }: URL): boolean {
  if (rule === '*' || rule === hostname || rule === host) return true;
  if (port === '' && rule === `${hostname}:${protocol === 'https:' ? 443 : 80}`) return true;
  return rule.startsWith('*.') && hostname.endsWith(rule.slice(1));
}

/** The addresses that a lookup may return. */
export interface LookupRule {
  readonly isAllowed: (address: string, host: string) => boolean;
  /** Returns the error for a host without an allowed address. */
  readonly refuse: (lookupError: Error | null, host: string) => Error;
}

/** Returns a lookup that checks the very addresses that the connection uses. This prevents SSRF by DNS rebinding. */
export function checkedLookup({ isAllowed, refuse }: LookupRule): LookupFunction {
  return (host, options, done) => {
    lookup(host, { ...options, all: true }, (error, found) => {
      const allowed = error === null ? found.filter(({ address }) => isAllowed(address, host)) : [];
      const [first] = allowed;
      if (first === undefined) done(refuse(error, host), []);
      else if (options.all === true) done(null, allowed);
      else done(null, first.address, first.family);
    });
  };
}

function refusedRequestError(what: string): HttpError {
  const cause = sourceRefusedError(what);
  return new HttpError(cause.message, { cause });
}

/**
 * Returns the same error for a name without addresses and for a name without allowed ones. Otherwise clients could enumerate internal
 * names.
 */
function unusableName(lookupError: Error | null, host: string): HttpError {
  const message = `layers are not read from ${host}: it has no address, or none that worker.sources allows`;
  const cause = new ClairError('source-refused', message, { cause: lookupError });
  return new HttpError(message, { cause });
}

/** Returns the error for a source that the policy does not allow. The message reveals nothing about what exists there. */
export function sourceRefusedError(what: string): ClairError {
  return new ClairError(
    'source-refused',
    `layers are not read from ${what}: worker.sources does not allow it`,
  );
}
