import { lookup } from 'node:dns';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { ClairError } from '../../core/errors.ts';
import { hasProxy } from '../../kit/http/http-environment.ts';
import { HttpError, hostOf } from '../../kit/http/http-rules.ts';
import type { ConnectionOptions } from '../../kit/http/http-transport.ts';
import { isInNetworks, isPublicAddress, parseNetworks } from './public-address.ts';

/** Where layers may come from, as the configuration has it. */
export interface SourceSettings {
  /** `open` takes any URL and any local file, as Clair; `strict` only what the others allow. */
  readonly policy: 'open' | 'strict';
  /** `http`, `https`. */
  readonly schemes: readonly string[];
  /** `*` is any host, `*.example.org` any below, `example.org` that one on any port, `example.org:5000` on that one. */
  readonly hosts: readonly string[];
  /** Networks besides the public Internet that addresses may be in. */
  readonly networks: readonly string[];
  /** Directories that local layers may be in. */
  readonly directories: readonly string[];
}

/** Decides where a layer may be read from. */
export interface SourcePolicy {
  /** Directories that local layers may be in; anywhere when undefined. */
  readonly directories: readonly string[] | undefined;
  /** How to connect to a URL. Throws an `HttpError` caused by `source-refused` where that may not be. */
  readonly connect: (url: URL) => ConnectionOptions;
  /** Whether connections may be made by a proxy. */
  readonly isProxied: boolean;
}

/** The policy of these settings. `insecureTls` takes any certificate; `env` tells of proxies. Throws `config-invalid` for what is no network. */
export function sourcePolicy(
  settings: SourceSettings,
  insecureTls = false,
  env: NodeJS.ProcessEnv = process.env,
): SourcePolicy {
  const tls = insecureTls ? { rejectUnauthorized: false } : {};
  if (settings.policy === 'open')
    return { directories: undefined, connect: () => tls, isProxied: hasProxy(env) };
  const isAllowed = addressRule(settings.networks);
  // Only where we connect ourselves can the address be looked at: these agents know no proxy.
  const agents = { 'http:': new HttpAgent(), 'https:': new HttpsAgent() };
  const checked = checkedLookup(isAllowed);
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

function addressRule(cidrs: readonly string[]): (address: string) => boolean {
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

/** Looks at the very addresses that are connected to, so that a name cannot mean another one a moment later. */
function checkedLookup(isAllowed: (address: string) => boolean): LookupFunction {
  return (host, options, done) => {
    lookup(host, { ...options, all: true }, (error, found) => {
      const allowed = error === null ? found.filter(({ address }) => isAllowed(address)) : [];
      const [first] = allowed;
      if (first === undefined) done(unusableName(host, error), []);
      else if (options.all === true) done(null, allowed);
      else done(null, first.address, first.family);
    });
  };
}

function refusedRequestError(what: string): HttpError {
  const cause = sourceRefusedError(what);
  return new HttpError(cause.message, { cause });
}

/** One answer for a name without addresses and for one without allowed addresses: otherwise clients could list internal names. */
function unusableName(host: string, lookupError: Error | null): HttpError {
  const message = `layers are not read from ${host}: it has no address, or none that worker.sources allows`;
  const cause = new ClairError('source-refused', message, { cause: lookupError });
  return new HttpError(message, { cause });
}

/** Says that the policy does not allow a source. It says nothing of what lies there. */
export function sourceRefusedError(what: string): ClairError {
  return new ClairError(
    'source-refused',
    `layers are not read from ${what}: worker.sources does not allow it`,
  );
}
