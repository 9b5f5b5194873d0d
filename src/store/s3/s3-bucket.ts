import { limits } from '../../core/limits.ts';
import { type HttpResponse, httpRequest, readTruncatedBody } from '../../kit/http/http-client.ts';
import type { ConnectionOptions } from '../../kit/http/http-transport.ts';
import { isTransientStatus, retryHttp, TransientError } from '../../kit/http/retry-policy.ts';
import { sha256Of } from '../../kit/sha256.ts';
import type { ExtractBucket } from '../layer-extract-store.ts';
import { type S3Keys, signedHeaders } from './sign-request.ts';

/** Options of `s3Bucket`. */
export interface S3BucketOptions {
  /** URL of the server: `https://s3.example.org`. */
  readonly endpoint: URL;
  readonly bucket: string;
  /** Whether the bucket is in the path of URLs, and not in the name of the host. */
  readonly isInPath: boolean;
  readonly region: string;
  /** Start of the names of all objects. */
  readonly prefix: string;
  /** Returns the keys of the account, which may change. Throws if they cannot be read. */
  readonly keys: () => S3Keys;
  readonly connection: ConnectionOptions;
}

/** Versions the names of objects. */
const version = 'v1';

/** Returns a bucket of an S3 server. Its functions throw an error that names the status and S3's code, and no key. */
export function s3Bucket(options: S3BucketOptions): ExtractBucket {
  return {
    async read(identity, bytes, signal) {
      const response = await send({ method: 'GET', identity, signal }, options);
      if (response === undefined) return undefined;
      return await readStart(response, bytes);
    },
    async write(identity, extract, signal) {
      const response = await send({ method: 'PUT', identity, signal, body: extract }, options);
      if (response === undefined) throw new Error('the S3 server found no place for the object');
      response.close();
    },
    async remove(identity, signal) {
      (await send({ method: 'DELETE', identity, signal }, options))?.close();
    },
  };
}

/** Returns a body, or its start if it has more bytes. Throws if the connection ends early. */
async function readStart({ body, close }: HttpResponse, bytesMax: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of body) {
    pieces.push(Buffer.from(piece));
    bytes += piece.length;
    if (bytes > bytesMax) break;
  }
  close();
  return Buffer.concat(pieces);
}

/** A request for an object. */
interface ObjectRequest {
  readonly method: 'GET' | 'PUT' | 'DELETE';
  readonly identity: string;
  readonly signal: AbortSignal | undefined;
  readonly body?: Uint8Array;
}

/** Sends a request, and again if the server is busy. Returns the response; undefined if there is no such object. */
async function send(
  { method, identity, signal, body }: ObjectRequest,
  options: S3BucketOptions,
): Promise<HttpResponse | undefined> {
  const url = objectUrl(identity, options);
  const request = { method, url, region: options.region, bodySha256: sha256Of(body ?? '') };
  const attempt = async (): Promise<HttpResponse | undefined> => {
    const response = await httpRequest(url, {
      headers: { ...(await signedHeaders(request, options.keys())), 'accept-encoding': 'identity' },
      ...(method !== 'GET' && { method }),
      ...(body !== undefined && { body }),
      // A signature is valid for one host.
      redirect: 'manual',
      connect: () => options.connection,
      signal,
      connectMs: limits.extractConnectMs,
      idleMs: limits.extractIdleMs,
      totalMs: limits.extractMs,
    });
    return await accepted(response, method);
  };
  try {
    return await retryHttp(attempt, {
      attempts: limits.extractAttempts,
      pauseMsMax: limits.extractRetryMs,
      ...(signal && { signal }),
    });
  } catch (error) {
    throw error instanceof TransientError ? error.failure : error;
  }
}

/** Returns a successful response; undefined if there is no such object. Throws for any other. */
async function accepted(response: HttpResponse, method: string): Promise<HttpResponse | undefined> {
  const { status } = response;
  if (status >= 200 && status < 300) return response;
  const text = (await readTruncatedBody(response, limits.extractErrorBytes)).toString();
  response.close();
  const [, code = ''] = /<Code>([A-Za-z]{1,64})<\/Code>/.exec(text) ?? [];
  if (status === 404 && (code === 'NoSuchKey' || (code === '' && method !== 'PUT'))) return undefined;
  const failure = new Error(`the S3 server answered ${status}${code && ` ${code}`}`);
  throw isTransientStatus(status) ? new TransientError(failure) : failure;
}

/** Returns the URL of an object. Its name is made of the digest of the layer. */
function objectUrl(identity: string, { endpoint, bucket, isInPath, prefix }: S3BucketOptions): URL {
  const url = new URL(endpoint);
  if (!isInPath) url.hostname = `${bucket}.${url.hostname}`;
  const [, algorithm, hash] = /^([a-z0-9]+):([0-9a-f]+)$/.exec(identity) ?? [];
  const name = algorithm === undefined ? `other/${sha256Of(identity)}` : `${algorithm}/${hash}`;
  url.pathname = [...(isInPath ? [bucket] : []), `${prefix}${version}`, name].join('/');
  return url;
}
