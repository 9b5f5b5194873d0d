import assert from 'node:assert/strict';
import { request } from 'node:http';
import type { TestContext } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { V4Line } from '../../../src/testing/recordings.ts';
import { indexReportProblems, vulnerabilityReportProblems } from '../../../src/testing/v4-report-schemas.ts';
import { type ComparableV4, comparableV4, recordedV4Answer, type V4Answer } from './v4-compare.ts';
import { expectedV4, type V4Deviations } from './v4-deviations.ts';
import type { V4LayerServer } from './v4-layer-server.ts';
import { V4References } from './v4-references.ts';
import { withTokens } from './v4-tokens.ts';

const recordedLayers = 'http://127.0.0.1:18080';
const recordedRegistry = 'http://127.0.0.1:25005';
const recordedState = 'cb31df8269833698891b35a63251a81a';

/** Addresses in a replay of Clair v4. */
export interface V4Endpoints {
  readonly port: number;
  /** The port of health checks and metrics. */
  readonly introspection?: number;
  readonly layers: V4LayerServer;
  /** Our notifications by the ids of the recorded ones. */
  readonly notifications?: ReadonlyMap<string, string>;
}

/** Repeats recorded exchanges with Clair v4 in order and collects the differences. */
export class V4Replay {
  #endpoints: V4Endpoints;
  readonly #deviations: V4Deviations;
  readonly #unlisted: string[] = [];
  readonly #references = new V4References();
  #exchanges = 0;
  #deviating = 0;
  #state = '';
  /** The position of the next page in the last one. */
  #next = '';

  constructor(endpoints: V4Endpoints, deviations: V4Deviations) {
    this.#endpoints = endpoints;
    this.#deviations = deviations;
  }

  /** Sends further requests to another server. */
  use(port: number): void {
    this.#endpoints = { ...this.#endpoints, port };
  }

  async repeat(line: V4Line): Promise<void> {
    if (line.status === undefined) {
      this.#compareRequests(line);
      return;
    }
    this.#exchanges++;
    const deviation = this.#deviations[line.n];
    const theirs = comparableV4(recordedV4Answer(line));
    const answer = await this.send(line);
    const ours = comparableV4(line.response_headers === undefined ? { ...answer, headers: {} } : answer);
    this.#references.learn(line, answer);
    this.#unlisted.push(...problemsOf(answer).map((problem) => `#${line.n} ${problem}`));
    if (!isDeepStrictEqual(ours, expectedV4(theirs, deviation, ours))) this.#report(line, theirs, ours);
    if (deviation === undefined) return;
    this.#deviating++;
    assert.notDeepEqual(ours, theirs, `#${line.n} is as Clair's`);
  }

  /** Asserts that there were no differences besides the listed deviations. */
  finish(context: TestContext): void {
    const [all, deviating] = [this.#exchanges, this.#deviating];
    context.diagnostic(`${all} exchanges, ${all - deviating} equal, ${deviating} listed deviations`);
    assert.equal(this.#unlisted.length, 0, this.#unlisted.join('\n'));
  }

  /** The requests of layers since the last such line, in any order. */
  #compareRequests({ n, note, layer_requests: theirs }: V4Line): void {
    const ours = this.#endpoints.layers.requested.splice(0).sort();
    if (theirs === undefined) return;
    const expected = theirs.map(({ path }) => path).sort();
    const isEqual = isDeepStrictEqual(ours, expected);
    if (this.#deviations[n] !== undefined) assert.ok(!isEqual, `#${n} is as Clair's`);
    else if (!isEqual)
      this.#unlisted.push(`#${n} ${note}: ${ours.join(' ')} instead of ${expected.join(' ')}`);
  }

  #report({ n, note, method, path }: V4Line, theirs: ComparableV4, ours: ComparableV4): void {
    this.#unlisted.push(
      `#${n} ${note} ${method} ${path}\n  theirs ${JSON.stringify(theirs)}\n  ours   ${JSON.stringify(ours)}`,
    );
  }

  /** Sends a request without a comparison. */
  async send(line: V4Line, signal?: AbortSignal): Promise<V4Answer> {
    const { method = '', path: recordedPath = '', request_headers: headers = {} } = line;
    const path = this.#outgoingPath(recordedPath);
    const body = this.#outgoingBody(line);
    const { promise, resolve, reject } = Promise.withResolvers<V4Answer>();
    const sent = Object.entries(headers)
      // Other tests cover compressed bodies.
      .filter(([name]) => name.toLowerCase() !== 'accept-encoding')
      .map(
        ([name, value]) =>
          [
            name,
            Array.isArray(value) ? value.map((one) => this.#outgoing(one)) : this.#outgoing(value),
          ] as const,
      );
    const length = body === undefined ? {} : { 'Content-Length': body.length };
    const asked = request({
      port: this.#portOf(line),
      host: '127.0.0.1',
      method,
      path,
      agent: false,
      headers: { ...Object.fromEntries(sent), ...length },
      ...(signal && { signal }),
    });
    asked.on('error', reject);
    asked.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const { headersDistinct } = response;
        const answered = Object.keys(headersDistinct).map(
          (name) => [name, headersDistinct[name] ?? []] as const,
        );
        resolve({
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(answered),
          body: Buffer.concat(chunks).toString(),
        });
      });
    });
    asked.end(body);
    const answer = await promise;
    const [, state] = /^\{"state":"(\w+)"\}$/.exec(answer.body) ?? [];
    if (state !== undefined) this.#state = state;
    const [, next] = /"next":"([^"]+)"/.exec(answer.body) ?? [];
    if (next !== undefined) this.#next = next;
    return answer;
  }

  #portOf({ port }: V4Line): number {
    const { port: api, introspection = api } = this.#endpoints;
    return port === 'introspection' ? introspection : api;
  }

  /** Ids in braces are percent-encoded, as a client of HTTP must. */
  #outgoingPath(path: string): string {
    let outgoing = this.#references
      .inPath(path)
      .replace(/next=(?![01]{8}-)[\da-f-]{36}/, () => `next=${this.#next}`);
    for (const [theirs, ours] of this.#endpoints.notifications ?? [])
      outgoing = outgoing.replace(theirs, ours).replace(theirs.toUpperCase(), ours.toUpperCase());
    return outgoing.replace('{', '%7B').replace('}', '%7D');
  }

  #outgoingBody({ request_body: text, request_body_b64: base64 }: V4Line): Buffer | undefined {
    if (base64 !== undefined) return Buffer.from(base64, 'base64');
    return text === null || text === undefined || text === '' ? undefined : Buffer.from(this.#outgoing(text));
  }

  #outgoing(text: string): string {
    const { url } = this.#endpoints.layers;
    return withTokens(this.#references.inHeader(text))
      .replaceAll(recordedLayers, url)
      .replaceAll(recordedRegistry, url)
      .replaceAll(recordedState, this.#state);
  }
}

/** Returns what clients refuse in a report. */
function problemsOf({ body }: V4Answer): string[] {
  if (!body.startsWith('{"manifest_hash"')) return [];
  const report = JSON.parse(body) as object;
  return 'vulnerabilities' in report ? vulnerabilityReportProblems(report) : indexReportProblems(report);
}
