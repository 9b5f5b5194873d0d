import { setTimeout } from 'node:timers/promises';
import type { ServeProcess } from '../e2e/serve-process.ts';

/** Time in ms from the removal of a server to its stop, as `preStop` in deploy/kubernetes. Requests to it end meanwhile. */
const removedMs = 2000;

/** An answer of one of the servers, after repetitions. */
export interface Reply {
  readonly status: number;
  readonly body: string;
}

/** A request that a server refused, or that had no answer. */
export class FailedRequest extends Error {
  override readonly name = 'FailedRequest';
}

/** Sends requests to several servers in turn. Servers come and go as in a rolling update: the new one first. */
export class Rotation {
  #servers: ServeProcess[] = [];
  #turn = 0;
  readonly counts: { requests: number; unavailable: number } = { requests: 0, unavailable: 0 };

  async add(server: ServeProcess): Promise<void> {
    while (!(await isReady(server))) await setTimeout(100);
    this.#servers.push(server);
  }

  /** Replaces the server that is there longest. Throws if it does not end with 0. */
  async replaceOldest(next: ServeProcess): Promise<void> {
    await this.add(next);
    const oldest = this.#servers.shift();
    await setTimeout(removedMs);
    const end = await oldest?.end();
    if (end?.status !== 0) throw new Error(`a server ended with ${String(end?.status)}`);
  }

  /**
   * Sends a request. Repeats it for as long as the answer is 503 with `Retry-After`. Throws `FailedRequest` for each other answer of 5xx,
   * and if there is none.
   */
  async send(method: string, path: string, content?: unknown): Promise<Reply> {
    const init = {
      method,
      headers: { connection: 'close' },
      ...(content !== undefined && { body: JSON.stringify(content) }),
    };
    for (;;) {
      const server = this.#servers[this.#turn++ % this.#servers.length];
      const url = `http://127.0.0.1:${server?.ports.api}${path}`;
      this.counts.requests++;
      const answer = await fetch(url, init).catch((error: unknown) => {
        throw new FailedRequest(`${method} ${path} had no answer`, { cause: error });
      });
      const body = await answer.text();
      const seconds = answer.headers.get('retry-after');
      if (answer.status < 500) return { status: answer.status, body };
      if (answer.status !== 503 || seconds === null)
        throw new FailedRequest(`${method} ${path} got ${answer.status}: ${body}`);
      this.counts.unavailable++;
      await setTimeout(Math.min(Number(seconds), 1) * 1000);
    }
  }
}

async function isReady({ ports }: ServeProcess): Promise<boolean> {
  const { status } = await fetch(`http://127.0.0.1:${ports.health}/ready`);
  return status === 200;
}
