import { readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { ClairError, messageOf } from '../../core/errors.ts';
import { useProxies } from './proxies.ts';

/**
 * Applies the network settings of the environment to all HTTP of this process, as curl does: `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`.
 * Also trusts the certificates of the system and of `SSL_CERT_FILE`. Throws `usage` if that file cannot be read.
 */
export function applyNetworkEnv(env: NodeJS.ProcessEnv = process.env): void {
  useProxies(env);
  applyCaEnv(env);
}

/** Trusts the certificates of the system and of `SSL_CERT_FILE`. Takes a tenth of a second, so do not call it for plain HTTP. */
export function applyCaEnv(env: NodeJS.ProcessEnv): void {
  const file = env['SSL_CERT_FILE'];
  const extra = file === undefined ? [] : certificatesIn(file);
  setDefaultCACertificates([...getCACertificates('default'), ...getCACertificates('system'), ...extra]);
}

/** Returns whether the environment names a proxy. */
export function hasProxy(env: NodeJS.ProcessEnv): boolean {
  return ['http_proxy', 'https_proxy'].some((name) => env[name] || env[name.toUpperCase()]);
}

function certificatesIn(file: string): string[] {
  try {
    const found = readFileSync(file, 'utf8').match(
      /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g,
    );
    return found ?? [];
  } catch (error) {
    throw new ClairError('usage', `SSL_CERT_FILE names ${file}, which cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
