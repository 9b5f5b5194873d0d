import type { TestContext } from 'node:test';
import { serveHttp } from '../../../src/testing/http-server.ts';

/** A request to a receiver of notifications, and its response. */
export interface Post {
  /** Headers as they were sent, without the host. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
  readonly status: number;
}

/** A receiver of notifications. */
export interface Receiver {
  readonly url: string;
  readonly posts: readonly Post[];
  /** Sets the statuses of the next responses. The last one repeats. */
  answer(...statuses: number[]): void;
}

/** Starts a receiver for the duration of a test. It responds with an error until `answer` is called. */
export async function receiver(t: TestContext): Promise<Receiver> {
  const posts: Post[] = [];
  let statuses = [503];
  const url = await serveHttp(t, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const raw = request.rawHeaders;
      const headers = raw.flatMap((name, i) => (i % 2 === 0 ? [[name, raw[i + 1] ?? ''] as const] : []));
      const [answered = 503, ...rest] = statuses;
      if (rest.length > 0) statuses = rest;
      posts.push({
        headers: headers.filter(([name]) => name.toLowerCase() !== 'host'),
        body: Buffer.concat(chunks).toString(),
        status: answered,
      });
      response.writeHead(answered).end();
    });
  });
  return {
    url,
    posts,
    answer(...more) {
      statuses = more;
    },
  };
}
