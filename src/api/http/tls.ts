import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ServerOptions } from 'node:https';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { ClairError, messageOf } from '../../kit/errors.ts';

/** The settings of TLS; empty where they are not set. */
export interface TlsSettings {
  readonly certfile: string;
  readonly keyfile: string;
  /** Clients have to show a certificate that descends from one of these. */
  readonly cafile: string;
}

/** What Node needs for TLS; nothing where none is configured. Throws `config-invalid` for files that cannot be used. */
export function readTls({ certfile, keyfile, cafile }: TlsSettings): ServerOptions | undefined {
  if (certfile === '' && keyfile === '') {
    // Clair would speak plain HTTP then, and let everybody in.
    if (cafile !== '')
      throw new ClairError('config-invalid', 'api.cafile needs api.certfile and api.keyfile');
    return undefined;
  }
  if (certfile === '' || keyfile === '')
    throw new ClairError('config-invalid', 'api.certfile and api.keyfile need each other');
  const pair: SecureContextOptions = {
    cert: readFile('api.certfile', certfile),
    key: readFile('api.keyfile', keyfile),
    minVersion: 'TLSv1.2',
  };
  checked(`api.certfile ${certfile} and api.keyfile ${keyfile}`, () => createSecureContext(pair));
  if (cafile === '') return pair;
  const ca = readFile('api.cafile', cafile);
  checked(`api.cafile ${cafile}`, () => new X509Certificate(ca));
  return { ...pair, ca, requestCert: true, rejectUnauthorized: true };
}

function readFile(setting: string, name: string): Buffer {
  return checked(`${setting} ${name}`, () => readFileSync(name));
}

function checked<T>(what: string, use: () => T): T {
  try {
    return use();
  } catch (error) {
    throw new ClairError('config-invalid', `${what} cannot be used: ${messageOf(error)}`, { cause: error });
  }
}
