import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { type TestContext, test } from 'node:test';
import { serveHttp } from '../../testing/http-server.ts';
import { httpGet } from './http-get.ts';
import type { HttpRetryOptions } from './retry-policy.ts';

const file: RequestListener = (_, response) => response.end('file');
const broken: RequestListener = ({ socket }) => socket.destroy();

function status(code: number, headers: Record<string, string> = {}): RequestListener {
  return (_, response) => response.writeHead(code, headers).end();
}

function after(value: string): RequestListener {
  return status(429, { 'retry-after': value });
}

/** Responses in their order, the last one again and again; and the pauses and the outcome of a request. */
interface Row {
  readonly fault: string;
  readonly responses: readonly RequestListener[];
  readonly options?: HttpRetryOptions;
  readonly pauses: readonly number[];
  readonly outcome: RegExp;
}

const policy: readonly Row[] = [
  { fault: 'none', responses: [file], pauses: [], outcome: /^file$/ },
  { fault: '500 once', responses: [status(500), file], pauses: [500], outcome: /^file$/ },
  { fault: '503 twice', responses: [status(503), status(503), file], pauses: [500, 1000], outcome: /^file$/ },
  {
    fault: '502 for ever',
    responses: [status(502)],
    pauses: [500, 1000],
    outcome: /^HTTP 502 \(3 attempts\)$/,
  },
  { fault: '429 once', responses: [status(429), file], pauses: [500], outcome: /^file$/ },
  { fault: 'Retry-After: 7', responses: [after('7'), file], pauses: [7000], outcome: /^file$/ },
  { fault: 'Retry-After: 60', responses: [after('60'), file], pauses: [60_000], outcome: /^file$/ },
  { fault: 'Retry-After: 61', responses: [after('61'), file], pauses: [], outcome: /^HTTP 429$/ },
  { fault: 'Retry-After: soon', responses: [after('soon'), file], pauses: [500], outcome: /^file$/ },
  {
    fault: 'a past date',
    responses: [after('Thu, 01 Jan 2026 00:00:00 GMT'), file],
    pauses: [0],
    outcome: /^file$/,
  },
  { fault: 'a closed connection', responses: [broken, file], pauses: [500], outcome: /^file$/ },
  {
    fault: 'closed for ever',
    responses: [broken],
    pauses: [500, 1000],
    outcome: /ECONNRESET.*\(3 attempts\)$/,
  },
  { fault: '400', responses: [status(400), file], pauses: [], outcome: /^HTTP 400$/ },
  { fault: '401', responses: [status(401), file], pauses: [], outcome: /^HTTP 401$/ },
  { fault: '403', responses: [status(403), file], pauses: [], outcome: /^HTTP 403$/ },
  { fault: '404', responses: [status(404), file], pauses: [], outcome: /^not-found$/ },
  { fault: '403 after 500', responses: [status(500), status(403)], pauses: [500], outcome: /^HTTP 403$/ },
  {
    fault: '500 and one attempt',
    responses: [status(500), file],
    options: { attempts: 1 },
    pauses: [],
    outcome: /^HTTP 500$/,
  },
  {
    fault: '500 and pauses of 400 ms at most',
    responses: [status(500), file],
    options: { pauseMsMax: 400 },
    pauses: [],
    outcome: /^HTTP 500$/,
  },
];

test('retries a request when the failure may pass, and after the pause that the table states', async (context) => {
  for (const { fault, responses, options, pauses, outcome } of policy) {
    const observed = await observe(context, responses, options);
    assert.deepEqual(observed.pauses, pauses, fault);
    assert.match(observed.outcome, outcome, fault);
  }
});

async function observe(context: TestContext, responses: readonly RequestListener[], options = {}) {
  let requests = 0;
  const pauses: number[] = [];
  const url = await serveHttp(context, (request, response) => {
    responses[Math.min(++requests, responses.length) - 1]?.(request, response);
  });
  const sleep = async (ms: number): Promise<void> => {
    pauses.push(ms);
  };
  const outcome = await httpGet(url, { ...options, sleep }).then(
    (result) => (typeof result === 'string' ? result : 'file'),
    (error: unknown) => (error as Error).message,
  );
  return { pauses, outcome };
}
