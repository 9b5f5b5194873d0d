import type { Server } from 'node:http';
import { Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';

/** Who takes the connections that speak HTTP/2. */
export interface Http2Acceptor {
  /** Takes a connection of which nothing has been read. */
  accept(socket: Socket): void;
  /** Takes no more calls, gives those under way so long to end, and breaks off the rest. */
  stop(graceMs: number): Promise<void>;
}

/** RFC 9113, section 3.4: how a client begins that knows that the server speaks HTTP/2. */
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/**
 * Which protocol a TLS connection is to speak: HTTP/1.1 with who offers it, such as browsers and curl, for only that has all of the
 * API; HTTP/2 with who offers nothing else, such as clients of gRPC.
 */
export function preferHttp1({ protocols }: { readonly protocols: readonly string[] }): string | undefined {
  return ['http/1.1', 'h2'].find((protocol) => protocols.includes(protocol));
}

/**
 * Has the connections of a server that begin as HTTP/2 does taken by another, by their first bytes. Who has not told within `waitMs`
 * what it speaks is disconnected.
 */
export function demuxHttp2(
  server: Server,
  acceptor: Http2Acceptor,
  waitMs: number,
): Pick<Http2Acceptor, 'stop'> {
  const event = server instanceof TlsServer ? 'secureConnection' : 'connection';
  const http1 = server.listeners(event) as ((this: Server, socket: Socket) => void)[];
  const undetected = new Set<Socket>();
  server.removeAllListeners(event);
  // There are too many connections: one that has said nothing makes room for the next.
  server.on('drop', () => {
    const [oldest] = undetected;
    oldest?.destroy();
  });
  server.on(event, (socket: Socket) => {
    undetected.add(socket);
    socket.once('close', () => undetected.delete(socket));
    detectProtocol(socket, waitMs, (isHttp2) => {
      undetected.delete(socket);
      if (isHttp2) {
        // HTTP/1.1 may be answered after the client has ended; for HTTP/2 its end is that of the connection.
        socket.allowHalfOpen = false;
        acceptor.accept(socket);
      } else for (const listener of http1) listener.call(server, socket);
    });
  });
  return {
    async stop(graceMs) {
      for (const socket of undetected) socket.destroy();
      await acceptor.stop(graceMs);
    },
  };
}

/** Reads no more of a connection than tells what it speaks, gives that back, and says so. */
function detectProtocol(socket: Socket, waitMs: number, onDetected: (isHttp2: boolean) => void): void {
  let received = Buffer.alloc(0);
  const giveUp = (): void => {
    socket.destroy();
  };
  const timer = setTimeout(giveUp, waitMs);
  const inspect = (bytes: Buffer): void => {
    received = Buffer.concat([received, bytes]);
    const compared = Math.min(received.length, preface.length);
    const isHttp2 = received.subarray(0, compared).equals(preface.subarray(0, compared));
    if (isHttp2 && compared < preface.length) return;
    stopListening();
    socket.pause();
    socket.unshift(received);
    onDetected(isHttp2);
    // HTTP/2 takes over the socket itself; HTTP/1.1 listens to it.
    if (!isHttp2) socket.resume();
  };
  const stopListening = (): void => {
    clearTimeout(timer);
    socket.off('data', inspect).off('end', giveUp).off('error', giveUp).off('close', stopListening);
  };
  socket.on('data', inspect).on('end', giveUp).on('error', giveUp).on('close', stopListening);
}
