import { connect, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { type Attack, repeat } from '../attack.ts';

/** Opens many connections that send this and at most little more. Reopens closed ones. */
function connections(
  name: string,
  { count, first, later }: { readonly count: number; readonly first: string; readonly later?: string },
): Attack {
  return {
    name: `${count} ${name}`,
    run: async ({ api }) => {
      const open = new Set<Socket>();
      repeat(count, () => held(api, first, open));
      if (later !== undefined)
        setInterval(() => {
          for (const socket of open) socket.write(later);
        }, 500);
    },
  };
}

async function held(port: number, first: string, open: Set<Socket>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const socket = connect(port, '127.0.0.1', () => {
    open.add(socket);
    if (first !== '') socket.write(first);
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    open.delete(socket);
    resolve(undefined);
  });
  await promise;
}

const post = 'POST /v1/layers HTTP/1.1\r\nHost: 127.0.0.1\r\n';

/** Clients that do not read the responses. */
const slowReaders: Attack = {
  name: '50 clients that do not read their lists',
  needsLists: true,
  onPostgres: true,
  run: async ({ api }) => {
    const ask = 'GET /v1/namespaces/debian:12/vulnerabilities?limit=1000 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';
    repeat(50, async () => {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const socket = connect(api, '127.0.0.1', () => {
        socket.pause();
        socket.write(ask.repeat(40));
      });
      socket.on('error', () => undefined);
      socket.on('close', () => {
        resolve(undefined);
      });
      await promise;
    });
  },
};

const followers: Attack = {
  name: '400 followers of events',
  run: async ({ api }) => {
    repeat(400, async () => {
      const response = await fetch(`http://127.0.0.1:${api}/events`, {
        headers: { Accept: 'text/event-stream' },
      });
      // A refused follower retries after a second. Faster retries are the attack of many requests.
      if (!response.ok) await setTimeout(1000);
      await response.text();
    });
  },
};

export const connectionAttacks: readonly Attack[] = [
  connections('idle connections', { count: 3000, first: '' }),
  connections('half requests', { count: 2000, first: 'GET /v1/namespaces HT' }),
  connections('endless header lines', { count: 2000, first: post, later: 'X-More: 1\r\n' }),
  connections('slow bodies', { count: 1000, first: `${post}Content-Length: 100000\r\n\r\n`, later: ' ' }),
  connections('half prefaces of HTTP/2', { count: 1000, first: 'PRI * HTTP/2.0\r\n' }),
  slowReaders,
  followers,
];
