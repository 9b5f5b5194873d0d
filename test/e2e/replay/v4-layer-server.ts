import { EventEmitter } from 'node:events';
import { createReadStream, existsSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { serveHttp } from '../../../src/testing/http-server.ts';
import { recordings } from '../../../src/testing/recordings.ts';

/** A server of the layers of the recordings of Clair v4. */
export interface V4LayerServer {
  readonly url: string;
  /** The paths that were requested. A test may empty it. */
  readonly requested: string[];
  /** Emits `request` for a path that begins with `/slow/`. Its listener sends the layer; without one, it is sent at once. */
  readonly slow: EventEmitter<{ request: [SlowLayer] }>;
}

/** A layer that was requested and is not sent. */
export interface SlowLayer {
  readonly response: ServerResponse;
  readonly send: () => void;
}

/** Starts a server of layers until the end of the test. README.md of the recordings describes its paths. */
export async function serveV4Layers(t: TestContext): Promise<V4LayerServer> {
  const requested: string[] = [];
  const seen = new Set<string>();
  const slow: V4LayerServer['slow'] = new EventEmitter();
  const url = await serveHttp(t, (request, response) => {
    const path = request.url ?? '';
    requested.push(path);
    const [, kind = '', rest = ''] = /^\/(\w+)\/(.*)$/.exec(path) ?? [];
    const answer = path === '/loop' ? sendLoop : (answers[kind] ?? sendLayer);
    const isAuthorized = request.headers.authorization === 'Bearer layer-token';
    const send = (): void => {
      answer(response, answers[kind] === undefined ? path : rest, {
        isAuthorized,
        isFirst: !seen.has(path),
      });
      seen.add(path);
    };
    if (kind !== 'slow' || !slow.emit('request', { response, send })) send();
  });
  return { url, requested, slow };
}

interface RequestState {
  readonly isAuthorized: boolean;
  readonly isFirst: boolean;
}

type Answer = (response: ServerResponse, rest: string, state: RequestState) => void;

/** The responses by the first part of the path. */
const answers: Readonly<Record<string, Answer>> = {
  v2: (response, rest) => {
    sendLayer(response, blobs[rest.replace(/^.*:/, '')] ?? '');
  },
  status: sendStatus,
  slow: (response, rest) => {
    sendLayer(response, rest.replace(/^\d+\//, ''));
  },
  type(response, rest) {
    const [, type = '', file = ''] = /^([^/]+\/[^/]+)\/(.*)$/.exec(rest) ?? [];
    sendFile(response, file, type);
  },
  notype: (response, rest) => {
    sendFile(response, rest, '');
  },
  auth(response, rest, { isAuthorized }) {
    if (isAuthorized) sendLayer(response, rest);
    else response.writeHead(401).end();
  },
  cut(response) {
    response.writeHead(200, { 'Content-Length': 1_000_000 }).write('x', () => response.destroy());
  },
  once(response, rest, { isFirst }) {
    if (isFirst) sendLayer(response, rest);
    else response.writeHead(404).end();
  },
};

/** Layers of the images in the recorded registry, by their SHA-256. */
const blobs: Readonly<Record<string, string>> = {
  '25665a61e8e24ab167fb5587b58d5b78a78399491d0acf641836a991da1e2b91': 'alpine320-small.tar.gz',
  acf2d91160d0a68356ef78534560ebd38e94bd9be85bdaa5391430d9086fc353: 'deb12-base.tar.gz',
  '5f30888016ca9c429b20d1ac2e8cec4c08580411a0f5d1378c89566956dec032': 'deb12-up.tar.gz',
  a834292fca62f921c55eb36bcc82f7cf90d21c0f7cc0c9ca0985d3078a4a433c: 'python.tar.gz',
};

function sendLoop(response: ServerResponse): void {
  response.writeHead(302, { Location: '/loop' }).end();
}

function sendStatus(response: ServerResponse, rest: string): void {
  const [, status = '500', file = ''] = /^(\d+)\/?(.*)$/.exec(rest) ?? [];
  if (status.startsWith('3')) response.writeHead(Number(status), { Location: `/${file}` }).end();
  else response.writeHead(Number(status)).end();
}

function sendLayer(response: ServerResponse, file: string): void {
  sendFile(response, file, 'application/octet-stream');
}

function sendFile(response: ServerResponse, file: string, type: string): void {
  const path = ['layers-v4', 'layers'].map((folder) => join(recordings, folder, file)).find(existsSync);
  if (path === undefined) response.writeHead(404).end();
  else createReadStream(path).pipe(response.writeHead(200, type === '' ? {} : { 'Content-Type': type }));
}
