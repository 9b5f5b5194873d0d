import { createHash, createHmac, type Hash } from 'node:crypto';

/** Keys of an account of an S3 server. */
export interface S3Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary keys. */
  readonly sessionToken?: string | undefined;
}

/** A request to sign. */
export interface UnsignedRequest {
  readonly method: 'GET' | 'PUT' | 'DELETE';
  readonly url: URL;
  readonly region: string;
  /** SHA-256 of the body, in hexadecimal digits. */
  readonly bodySha256: string;
}

/** Returns the header fields of a signed request, without `Host`. AWS Signature Version 4. */
export async function signedHeaders(
  { method, url, region, bodySha256 }: UnsignedRequest,
  keys: S3Keys,
): Promise<Record<string, string>> {
  // Loaded with the first request: most servers keep no extracts in a bucket.
  const { SignatureV4 } = await import('@smithy/signature-v4');
  const signer = new SignatureV4({
    service: 's3',
    region,
    sha256: NodeSha256,
    uriEscapePath: false,
    credentials: {
      accessKeyId: keys.accessKeyId,
      secretAccessKey: keys.secretAccessKey,
      ...(keys.sessionToken !== undefined && { sessionToken: keys.sessionToken }),
    },
  });
  const { protocol, hostname, host, pathname } = url;
  const request = { method, protocol, hostname, path: pathname };
  const signed = await signer.sign({ ...request, headers: { host, 'x-amz-content-sha256': bodySha256 } });
  const { host: _, ...headers } = signed.headers;
  return headers;
}

/** SHA-256 and its HMAC, in the form that the signer takes. */
class NodeSha256 {
  readonly #hash: Hash | ReturnType<typeof createHmac>;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    : Buffer.from(data);
}
