import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** Starts an HTTP server on the loopback interface until the end of the test; returns its URL without a trailing slash. */
export async function serveHttp(context: TestContext, handler: RequestListener): Promise<string> {
  return `http://${await listenLocally(context, createServer(handler))}`;
}

/** Makes a server listen on the loopback interface until the end of the test; returns its address and port. */
export async function listenLocally(context: TestContext, server: Server | SecureServer): Promise<string> {
  await listen(context, server, { port: 0, host: '127.0.0.1' });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Starts an HTTP server on a Unix socket until the end of the test; returns the path of the socket. */
export async function serveSocket(context: TestContext, handler: RequestListener): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'clair-socket-'));
  const path = join(directory, 'server.sock');
  await listen(context, createServer(handler), { path });
  context.after(() => {
    rmSync(directory, { recursive: true });
  });
  return path;
}

async function listen(context: TestContext, server: Server | SecureServer, where: object): Promise<void> {
  server.listen(where);
  await once(server, 'listening');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
}
