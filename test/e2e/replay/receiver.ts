import type { TestContext } from 'node:test';
import { serveHttp } from '../../../src/testing/http-server.ts';

/** What a receiver of notifications got, and what it answered. */
export interface Post {
  /** As they were sent, but for the host. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
  readonly status: number;
}

/** A receiver of notifications. */
export interface Receiver {
  readonly url: string;
  readonly posts: readonly Post[];
  /** The next answers; when all were given, the last goes on. */
  answer(...statuses: number[]): void;
}

/** Starts a receiver that lives as long as the test. Until it is told otherwise it answers that it cannot. */
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
