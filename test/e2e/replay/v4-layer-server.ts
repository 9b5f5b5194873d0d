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
}

/** Starts a server of layers until the end of the test. README.md of the recordings describes its paths. */
export async function serveV4Layers(t: TestContext): Promise<V4LayerServer> {
  const requested: string[] = [];
  const seen = new Set<string>();
  const url = await serveHttp(t, (request, response) => {
    const path = request.url ?? '';
    requested.push(path);
    const [, kind = '', rest = ''] = /^\/(\w+)\/(.*)$/.exec(path) ?? [];
    const answer = path === '/loop' ? sendLoop : (answers[kind] ?? sendLayer);
    const isAuthorized = request.headers.authorization === 'Bearer layer-token';
    answer(response, answers[kind] === undefined ? path : rest, { isAuthorized, isFirst: !seen.has(path) });
    seen.add(path);
  });
  return { url, requested };
}

interface RequestState {
  readonly isAuthorized: boolean;
  readonly isFirst: boolean;
}

type Answer = (response: ServerResponse, rest: string, state: RequestState) => void;

/** The responses by the first part of the path. */
const answers: Readonly<Record<string, Answer>> = {
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
