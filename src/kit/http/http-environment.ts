import { readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { ClairError, messageOf } from '../../core/errors.ts';
import { useProxies } from './proxies.ts';

/**
 * Applies the network settings of the environment to all HTTP of this process, as curl does: `HTTPS_PROXY`, `HTTP_PROXY` and
 * `NO_PROXY`, and beside the certificates that Node trusts those of the system and of `SSL_CERT_FILE`. Throws `usage` where that
 * file cannot be read.
 */
export function applyNetworkEnv(env: NodeJS.ProcessEnv = process.env): void {
  useProxies(env);
  applyCaEnv(env);
}

/** The part of it that is about certificates: it takes a tenth of a second, which plain HTTP can do without. */
export function applyCaEnv(env: NodeJS.ProcessEnv): void {
  const file = env['SSL_CERT_FILE'];
  const extra = file === undefined ? [] : certificatesIn(file);
  setDefaultCACertificates([...getCACertificates('default'), ...getCACertificates('system'), ...extra]);
}

/** Whether connections may be made by a proxy. */
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
