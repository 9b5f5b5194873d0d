import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ServerOptions } from 'node:https';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { ClairError, messageOf } from '../../core/errors.ts';

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
  asConfigError(`api.certfile ${certfile} and api.keyfile ${keyfile}`, () => createSecureContext(pair));
  if (cafile === '') return pair;
  const ca = readFile('api.cafile', cafile);
  asConfigError(`api.cafile ${cafile}`, () => new X509Certificate(ca));
  return { ...pair, ca, requestCert: true, rejectUnauthorized: true };
}

function readFile(setting: string, name: string): Buffer {
  return asConfigError(`${setting} ${name}`, () => readFileSync(name));
}

function asConfigError<T>(what: string, load: () => T): T {
  try {
    return load();
  } catch (error) {
    throw new ClairError('config-invalid', `${what} cannot be used: ${tlsProblemOf(error)}`, {
      cause: error,
    });
  }
}

/** Codes that Node gives the errors of OpenSSL which are often met, in words. */
const opensslMessages: ReadonlyMap<string, string> = new Map([
  ['ERR_OSSL_X509_KEY_VALUES_MISMATCH', 'the key does not belong to the certificate'],
  ['ERR_OSSL_UNSUPPORTED', 'the file of the key has no key, or one of a kind that is not supported'],
  ['ERR_OSSL_PEM_NO_START_LINE', 'a file does not have in PEM form what it is named for'],
]);

function tlsProblemOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return opensslMessages.get(code) ?? messageOf(error);
}
