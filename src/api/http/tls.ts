import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { ServerOptions } from 'node:https';
import type { Socket } from 'node:net';
import { createSecureContext, type SecureContextOptions, type TLSSocket } from 'node:tls';
import { ClairError, messageOf } from '../../core/errors.ts';
import { clientAddress } from './request-record.ts';

/** The TLS settings: paths of PEM files; empty if not set. */
export interface TlsSettings {
  readonly certfile: string;
  readonly keyfile: string;
  /** Certificate authorities. If set, clients must present a certificate of one of them (mTLS). */
  readonly cafile: string;
}

/** Returns the TLS options for Node; undefined if TLS is not configured. Throws `config-invalid` for unusable files. */
export function readTls({ certfile, keyfile, cafile }: TlsSettings): ServerOptions | undefined {
  if (certfile === '' && keyfile === '') {
    // Clair would then serve plain HTTP, without client certificates.
    if (cafile !== '')
      throw new ClairError('config-invalid', 'api.cafile needs api.certfile and api.keyfile');
    return undefined;
  }
  if (certfile === '' || keyfile === '')
    throw new ClairError('config-invalid', 'api.certfile and api.keyfile must be set together');
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

/** A connection that was refused because of its client certificate, for the log. */
export interface RefusedCertificate {
  /** IP address of the peer. */
  readonly client: string;
  readonly reason: string;
}

/** Reports each connection to a TLS server that is refused because its client certificate is missing or not trusted. */
export function reportRefusedCertificates(
  server: Server,
  report: (refused: RefusedCertificate) => void,
): void {
  // Node remembers an address that was read before the socket is destroyed.
  server.on('connection', (socket: Socket) => socket.remoteAddress);
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: RefusedSocket) => {
    const reason = refusalReason(error, socket);
    if (reason !== undefined) report({ client: clientAddress(socket._parent ?? socket), reason });
  });
}

/** A TLS socket with the socket below it, which is a private property of Node. */
type RefusedSocket = TLSSocket & { readonly _parent?: Socket };

/** Returns why a client certificate was refused; undefined if the handshake failed for another reason. */
function refusalReason(
  { code }: NodeJS.ErrnoException,
  { authorizationError }: TLSSocket,
): string | undefined {
  if (code === 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE') return 'no client certificate';
  // Node passes the code of OpenSSL, against its type.
  const problem: unknown = authorizationError;
  return typeof problem === 'string' ? `client certificate not trusted: ${problem}` : undefined;
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

/** Messages for frequent error codes of OpenSSL in Node. */
const opensslMessages: ReadonlyMap<string, string> = new Map([
  ['ERR_OSSL_X509_KEY_VALUES_MISMATCH', 'the key does not match the certificate'],
  ['ERR_OSSL_UNSUPPORTED', 'the key file has no key, or a key of an unsupported type'],
  [
    'ERR_OSSL_PEM_NO_START_LINE',
    'a file is not in PEM format, or has other content than its setting requires',
  ],
]);

function tlsProblemOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return opensslMessages.get(code) ?? messageOf(error);
}
