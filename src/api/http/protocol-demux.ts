import type { Server } from 'node:http';
import { Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';

/** Accepts HTTP/2 connections. */
export interface Http2Acceptor {
  /** Accepts a connection from which nothing has been read. */
  accept(socket: Socket): void;
  /** Accepts no more calls, waits `graceMs` for running ones, then aborts the rest. */
  stop(graceMs: number): Promise<void>;
}

/** The HTTP/2 connection preface, RFC 9113, section 3.4. */
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/**
 * Selects the ALPN protocol of a TLS connection. Clients that offer HTTP/1.1, such as browsers and curl, get it, since only HTTP/1.1 has
 * the whole API. Clients that offer only HTTP/2, such as those of gRPC, get HTTP/2.
 */
export function preferHttp1({ protocols }: { readonly protocols: readonly string[] }): string | undefined {
  return ['http/1.1', 'h2'].find((protocol) => protocols.includes(protocol));
}

/**
 * Passes connections that begin with the HTTP/2 preface to the acceptor, and all others to the HTTP/1.1 server. Disconnects clients
 * whose protocol is not known after `waitMs`.
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
  // At the connection limit, close the oldest connection that has sent nothing.
  server.on('drop', () => {
    const [oldest] = undetected;
    oldest?.destroy();
  });
  server.on(event, (socket: Socket) => {
    undetected.add(socket);
    let received = Buffer.alloc(0);
    const giveUp = (): void => {
      socket.destroy();
    };
    const timer = setTimeout(giveUp, waitMs);
    /** Detects the protocol from the first bytes, and pushes them back for the server of that protocol. */
    const inspect = (bytes: Buffer): void => {
      received = Buffer.concat([received, bytes]);
      const compared = Math.min(received.length, preface.length);
      const isHttp2 = received.subarray(0, compared).equals(preface.subarray(0, compared));
      if (isHttp2 && compared < preface.length) return;
      stopListening();
      socket.pause();
      socket.unshift(received);
      if (isHttp2) {
        // HTTP/1.1 clients may half-close before the response; for HTTP/2, a half-close ends the connection.
        socket.allowHalfOpen = false;
        acceptor.accept(socket);
      } else {
        for (const listener of http1) listener.call(server, socket);
        // HTTP/1.1 reads the `data` events of the socket; HTTP/2 has taken over its handle.
        socket.resume();
      }
    };
    const stopListening = (): void => {
      undetected.delete(socket);
      clearTimeout(timer);
      socket.off('data', inspect).off('end', giveUp).off('error', giveUp).off('close', stopListening);
    };
    socket.on('data', inspect).on('end', giveUp).on('error', giveUp).on('close', stopListening);
  });
  return {
    async stop(graceMs) {
      for (const socket of undetected) socket.destroy();
      await acceptor.stop(graceMs);
    },
  };
}
