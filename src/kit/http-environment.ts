import { readFileSync } from 'node:fs';
import { setGlobalProxyFromEnv } from 'node:http';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { ClairError, messageOf } from './errors.ts';

/**
 * Makes all HTTP of this process heed what its environment says of the network, as curl does: `HTTPS_PROXY`, `HTTP_PROXY` and
 * `NO_PROXY`, and beside the certificates that Node trusts those of the system and of `SSL_CERT_FILE`. Throws `usage` where that
 * file cannot be read.
 */
export function heedNetworkEnvironment(env: NodeJS.ProcessEnv = process.env): void {
  const file = env['SSL_CERT_FILE'];
  const extra = file === undefined ? [] : certificatesIn(file);
  setGlobalProxyFromEnv(env);
  setDefaultCACertificates([...getCACertificates('default'), ...getCACertificates('system'), ...extra]);
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
