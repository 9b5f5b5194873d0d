import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A proxy before a registry that counts what clients fetch. */
export interface CountingProxy {
  readonly port: number;
  /** Requests, and bytes of the bodies of blobs, since the last call. */
  take(): { readonly requests: number; readonly bytes: number };
  close(): void;
}

/** Starts a proxy before a registry on a local port. */
export async function countingProxy(registryPort: number): Promise<CountingProxy> {
  let requests = 0;
  let bytes = 0;
  const server = createServer((incoming, outgoing) => {
    const { url: path = '', method, headers } = incoming;
    requests++;
    const target = { port: registryPort, host: '127.0.0.1', path, method, headers };
    const forwarded = httpRequest(target, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.on('data', (piece: Buffer) => {
        if (path.includes('/blobs/')) bytes += piece.length;
      });
      answer.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    outgoing.on('close', () => forwarded.destroy());
    incoming.pipe(forwarded);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    take: () => {
      const taken = { requests, bytes };
      requests = 0;
      bytes = 0;
      return taken;
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
