import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A link between a client and a server. */
export interface Link {
  readonly roundTripMs: number;
  readonly megabitsPerSecond: number;
}

/** Maximum bytes in flight per connection: twice the product of rate and round trip, so that one connection can fill the link. */
const windowBytes = 256 * 1024;

/**
 * Forwards connections to a local port over a simulated link. Connecting takes a round trip, each byte takes half a round trip, and all
 * connections share the rate towards the client. Returns the port to connect to.
 */
export async function slowLink(
  to: number,
  { roundTripMs, megabitsPerSecond }: Link,
): Promise<{ port: number; server: Server; connections: () => number }> {
  const bytesPerMs = (megabitsPerSecond * 1e6) / 8 / 1000;
  let freeAt = 0;
  let connections = 0;
  const leave = (bytes: number): number => {
    freeAt = Math.max(performance.now(), freeAt) + bytes / bytesPerMs;
    return Math.max(0, freeAt - performance.now());
  };
  const server = createServer({ pauseOnConnect: true, noDelay: true }, (client) => {
    connections++;
    setTimeout(() => {
      const upstream = connect({ port: to, host: '127.0.0.1', noDelay: true });
      forward(client, upstream, roundTripMs, () => 0);
      forward(upstream, client, roundTripMs, leave);
      client.resume();
    }, roundTripMs);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, server, connections: () => connections };
}

/** Forwards data with a delay. Reads more when data in flight was acknowledged. */
function forward(from: Socket, to: Socket, roundTripMs: number, leave: (bytes: number) => number): void {
  let underWay = 0;
  // Under load, timers may expire in another order than they were set.
  const queue: (Buffer | 'end')[] = [];
  const sendNext = (): void => {
    const next = queue.shift();
    if (next === 'end') to.end();
    else if (next !== undefined) to.write(next);
  };
  from.on('data', (piece: Buffer) => {
    underWay += piece.length;
    if (underWay >= windowBytes) from.pause();
    const sentMs = leave(piece.length);
    queue.push(piece);
    setTimeout(sendNext, sentMs + roundTripMs / 2);
    setTimeout(() => {
      underWay -= piece.length;
      if (underWay < windowBytes) from.resume();
    }, sentMs + roundTripMs);
  });
  from.on('end', () => {
    queue.push('end');
    setTimeout(sendNext, leave(0) + roundTripMs);
  });
  from.on('error', () => to.destroy());
}
