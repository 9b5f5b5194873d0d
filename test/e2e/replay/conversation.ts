import { request } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { type Exchange, recordings } from '../../../src/testing/recordings.ts';
import type { Answer } from './compare.ts';

/** Where the parts of the recorded conversation are in a replay. */
export interface ReplayEndpoints {
  /** Ports of the server, by the recorded ones. */
  readonly ports: ReadonlyMap<number, number>;
  /** What served layers at `http://127.0.0.1:18080`. */
  readonly files: string;
}

/** The first API was recorded with the one, the third with the other. */
const recordedFiles = 'http://127.0.0.1:18080';
const recordedFilesOfV3 = 'http://127.0.0.1:38080';

/** A conversation with a server of ours that follows a recorded one: what the server mints takes the place of what Clair minted. */
export class Conversation {
  readonly #endpoints: ReplayEndpoints;
  /** Our tokens and names by Clair's. */
  readonly #ours = new Map<string, string>();

  constructor(endpoints: ReplayEndpoints) {
    this.#endpoints = endpoints;
  }

  /** Says that what Clair called `theirs` is called `ours` here. */
  learn(theirs: string, ours: string): void {
    this.#ours.set(theirs, ours);
  }

  /** Repeats a request and gives the answer in the words of the recording. */
  async repeat(exchange: Exchange): Promise<Answer> {
    const port = this.#endpoints.ports.get(exchange.port);
    if (port === undefined) throw new Error(`nothing listens for the recorded port ${exchange.port}`);
    const answer = await sendRaw(port, {
      method: exchange.method,
      path: this.#outgoing(exchange.path),
      headers: exchange.request_headers,
      body: exchange.request_body === null ? null : this.#outgoing(exchange.request_body),
    });
    this.#learnTokens(exchange.response_body ?? '', answer.body);
    return { ...answer, body: this.#incoming(answer.body) };
  }

  #outgoing(text: string): string {
    let result = text
      .replaceAll('{layers}', `${recordings}/layers`)
      .replaceAll(recordedFiles, this.#endpoints.files)
      .replaceAll(recordedFilesOfV3, this.#endpoints.files);
    for (const [theirs, ours] of this.#ours)
      result = result
        .replaceAll(encodeURIComponent(theirs), encodeURIComponent(ours))
        .replaceAll(theirs, ours)
        // A recorded token was damaged by cutting its end off.
        .replaceAll(theirs.slice(0, -3), ours.slice(0, -3));
    return result;
  }

  #incoming(text: string): string {
    let result = text
      .replaceAll(`${recordings}/layers`, '{layers}')
      .replaceAll(this.#endpoints.files, recordedFiles);
    for (const [theirs, ours] of this.#ours) result = result.replaceAll(ours, theirs);
    return result;
  }

  #learnTokens(recorded: string, answered: string): void {
    for (const key of ['NextPage', 'Page', 'next_page', 'current_page']) {
      const tokensIn = (text: string): (string | undefined)[] =>
        Array.from(text.matchAll(new RegExp(`"${key}":"([^"]+)"`, 'g')), ([, token]) => token);
      const answers = tokensIn(answered);
      for (const [i, theirs] of tokensIn(recorded).entries()) {
        const ours = answers[i];
        if (theirs !== undefined && ours !== undefined) this.learn(theirs, ours);
      }
    }
  }
}

interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** Asks without touching the path: clients of a higher level would clean it up. */
export async function sendRaw(port: number, { method, path, headers, body }: RawRequest): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const length = body === null ? {} : { 'Content-Length': Buffer.byteLength(body) };
  const asked = request({
    port,
    host: '127.0.0.1',
    method,
    path,
    headers: { ...headers, ...length },
    agent: false,
  });
  asked.on('error', reject);
  asked.on('response', (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('error', reject);
    response.on('end', () => {
      const bytes = Buffer.concat(chunks);
      resolve({
        status: response.statusCode ?? 0,
        contentType: response.headers['content-type'] ?? '',
        location: response.headers.location ?? '',
        body: (response.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString(),
      });
    });
  });
  asked.end(body ?? undefined);
  return await promise;
}
