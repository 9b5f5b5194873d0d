import type { CustomFetch } from 'openid-client';
import { ClairError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import type { ConnectionOptions } from '../../../kit/http/http-transport.ts';

/** Returns a `fetch` for requests to a provider. It follows no redirects, and limits time and size of the answers. */
export function providerFetch(connection: ConnectionOptions): CustomFetch {
  return async (url, { body, headers, method, signal }) => {
    const { httpRequest } = await import('../../../kit/http/http-client.ts');
    if (method !== 'GET' && method !== 'POST') throw new Error(`a provider is not sent ${method}`);
    const response = await httpRequest(new URL(url), {
      headers,
      ...(method === 'POST' && { body: textOf(body) }),
      redirect: 'manual',
      signal,
      connect: () => connection,
      idleMs: limits.providerMs,
      connectMs: limits.providerMs,
      totalMs: limits.providerMs,
    });
    try {
      const content = await limitedBody(response.body);
      return new Response(hasBody(response.status) ? content : null, {
        status: response.status,
        headers: contentHeaders(response.headers),
      });
    } finally {
      response.close();
    }
  };
}

function textOf(body: unknown): string {
  if (body === null || body === undefined) return '';
  if (typeof body === 'string') return body;
  if (body instanceof URLSearchParams) return body.toString();
  throw new Error('a provider is sent forms only');
}

async function limitedBody(body: AsyncIterable<Uint8Array>): Promise<Buffer<ArrayBuffer>> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > limits.providerAnswerBytes)
      throw new ClairError(
        'limit-exceeded',
        `the provider sent more than ${limits.providerAnswerBytes} bytes`,
        { limit: 'providerAnswerBytes' },
      );
    pieces.push(Buffer.from(piece));
  }
  return Buffer.concat(pieces);
}

/** Whether a status allows a body. Fetch, "null body status". */
function hasBody(status: number): boolean {
  return status >= 200 && ![204, 205, 304].includes(status);
}

/** Returns the headers that the library reads. Others may repeat. The body is decompressed already. */
function contentHeaders(headers: NodeJS.Dict<string | string[]>): Record<string, string> {
  const names = ['content-type', 'www-authenticate', 'dpop-nonce', 'location'];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
}
