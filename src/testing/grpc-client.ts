import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import {
  type CallOptions,
  type ChannelCredentials,
  Client,
  credentials,
  Metadata,
  type ServiceDefinition,
  type ServiceError,
} from '@grpc/grpc-js';
import type { CertificateFiles } from './certificates.ts';

/** Options of a call besides its message. */
export interface GrpcCall extends CallOptions {
  readonly metadata?: Readonly<Record<string, string>>;
  /** Aborts the call from the client. */
  readonly signal?: AbortSignal;
}

/** A client of one server, which lasts until the end of the test. */
export interface GrpcTestClient {
  /** Calls a unary method. Throws the error of the library. */
  call(service: ServiceDefinition, method: string, message: object, options?: GrpcCall): Promise<object>;
}

/** Returns credentials with the authority of a server and, if given, a certificate of the client. */
export function tlsCredentials(authority: string, own?: CertificateFiles): ChannelCredentials {
  const [key, cert] = own === undefined ? [null, null] : [readFileSync(own.key), readFileSync(own.cert)];
  return credentials.createSsl(readFileSync(authority), key, cert);
}

/** Returns a client of the server at a local port; without credentials it uses no TLS. */
export function grpcClient(
  context: TestContext,
  port: number,
  secured: ChannelCredentials = credentials.createInsecure(),
): GrpcTestClient {
  // A host name, because SNI allows no IP addresses (RFC 6066, section 3).
  const client = new Client(`localhost:${port}`, secured, { 'grpc.ssl_target_name_override': 'clair.test' });
  context.after(() => {
    client.close();
  });
  return {
    async call(service, method, message, { metadata: sent = {}, signal, ...options } = {}) {
      const definition = service[method];
      if (definition === undefined) throw new Error(`the service has no method ${method}`);
      const metadata = new Metadata();
      for (const [name, value] of Object.entries(sent)) metadata.set(name, value);
      const { promise, resolve, reject } = Promise.withResolvers<object>();
      const done = (error: ServiceError | null, response?: object): void => {
        if (error === null && response !== undefined) resolve(response);
        else reject(error ?? new Error('a response without a message'));
      };
      const { path, requestSerialize, responseDeserialize } = definition;
      const call = client.makeUnaryRequest<object, object>(
        path,
        requestSerialize,
        responseDeserialize,
        message,
        metadata,
        options,
        done,
      );
      signal?.addEventListener('abort', () => {
        call.cancel();
      });
      return await promise;
    },
  };
}
