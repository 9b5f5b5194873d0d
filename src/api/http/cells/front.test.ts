import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import { limits } from '../../../core/limits.ts';
import { randomFernetKey } from '../../../kit/fernet.ts';
import { cellOfRegistry } from '../../../service/cells/assign-registry.ts';
import { Cell } from '../../../service/cells/cell.ts';
import { CellPageTokens } from '../../../service/cells/page-token.ts';
import { startApiServer } from '../../../testing/api-server.ts';
import { serveHttp } from '../../../testing/http-server.ts';
import { accessByTokens } from '../access.ts';
import { frontRouters } from './routes.ts';

type Handler = (request: IncomingMessage & { readonly parsed: URL }, response: ServerResponse) => void;

/** The answers of the routes of a cell, by the start of the path. */
type Answers = Readonly<Record<string, Handler | object>>;

const problem = { 'content-type': 'application/problem+json' };

/** Serves the routes of a cell. A cell that is not asked to lie has reached the same time. */
async function serveCell(t: TestContext, answers: Answers): Promise<{ url: URL; asked: string[] }> {
  const asked: string[] = [];
  const all: Answers = { '/api/v1/reached': { at: '2026-11-28T12:00:00.000Z', event: 7 }, ...answers };
  const url = await serveHttp(t, (request, response) => {
    const parsed = new URL(request.url ?? '', 'http://cell');
    asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`.trim());
    const found = Object.entries(all).find(([path]) => parsed.pathname.startsWith(path))?.[1];
    if (typeof found === 'function') (found as Handler)(Object.assign(request, { parsed }), response);
    else if (found === undefined) response.writeHead(404, problem).end('{"detail":"nothing"}');
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(found));
  });
  return { url: new URL(url), asked };
}

const image = (number: number, firstSeen = '2026-11-01T00:00:00.000Z') => ({ number, firstSeen });

/** Answers the list of images of a cell as a cell does. */
function imagesOf(numbers: readonly number[]): Handler {
  return ({ parsed }, response) => {
    const [limit, after] = ['limit', 'after'].map((name) => Number(parsed.searchParams.get(name) ?? 0));
    const rest = numbers.filter((number) => number > (after ?? 0));
    const shown = rest.slice(0, limit);
    const next = rest.length > shown.length ? shown.at(-1) : undefined;
    response.end(JSON.stringify({ images: shown.map((number) => image(number)), next }));
  };
}

interface FrontAnswer {
  readonly images: readonly { readonly number: number; readonly cell: string }[];
  readonly complete: boolean;
  readonly missing: readonly { readonly cell: string; readonly reason: string }[];
  readonly asOf: string;
  readonly next?: string;
  readonly resume?: string;
  readonly detail?: string;
}

/** Starts a front over cells with these addresses. Without tokens, it lets everybody in. */
async function startFront(
  t: TestContext,
  addresses: Readonly<Record<string, URL>>,
  tokens: readonly string[] = [],
) {
  const cells = Object.entries(addresses).map(([name, url]) => new Cell({ name, url, token: 'cell-token' }));
  const names = Object.keys(addresses);
  const routers = frontRouters({
    cells,
    tokens: new CellPageTokens(randomFernetKey(), () => new Date()),
    ownerOf: (registry) =>
      cells.find(({ name }) => name === cellOfRegistry(registry, names)) ?? assert.fail(),
    watchedRegistry: (name) => (name === 'main' ? 'registry.example' : undefined),
  });
  const { port } = await startApiServer(t, { routers: () => routers, access: accessByTokens(tokens) });
  const ask = async (path: string, init: RequestInit = {}): Promise<Response> =>
    await fetch(`http://127.0.0.1:${port}${path}`, init);
  const list = async (path: string): Promise<FrontAnswer & { readonly status: number }> => {
    const response = await ask(path);
    return { ...((await response.json()) as FrontAnswer), status: response.status };
  };
  return { ask, list };
}

const shown = ({ images }: FrontAnswer): string[] => images.map(({ number, cell }) => `${number} ${cell}`);

test('lists the images of all cells in one order, page by page, with the token of each cell', async (t) => {
  const a = await serveCell(t, { '/api/v1/images': imagesOf([1, 3, 5, 8]) });
  const b = await serveCell(t, { '/api/v1/images': imagesOf([2, 3]) });
  const { list } = await startFront(t, { a: a.url, b: b.url });
  const first = await list('/api/v1/images?limit=3');

  assert.deepEqual([first.status, first.complete, first.missing], [200, true, []]);
  assert.deepEqual(shown(first), ['1 a', '2 b', '3 a']);
  const second = await list(`/api/v1/images?limit=3&after=${first.next}`);
  assert.deepEqual(shown(second), ['3 b', '5 a', '8 a']);
  assert.deepEqual([second.next, second.resume, second.complete], [undefined, undefined, true]);
  assert.deepEqual(
    a.asked,
    [
      'GET /api/v1/reached',
      'GET /api/v1/images?limit=3',
      'GET /api/v1/reached',
      'GET /api/v1/images?limit=3&after=3',
    ].map((line) => `${line} Bearer cell-token`),
  );
});

test('answers as of the earliest time that a cell has reached, on all pages', async (t) => {
  const reached = (at: string) => ({ '/api/v1/reached': { at, event: 1 } });
  const images = { images: [image(1), image(2, '2026-11-28T11:30:00.000Z')] };
  const a = await serveCell(t, { ...reached('2026-11-28T12:00:00.000Z'), '/api/v1/images': images });
  const b = await serveCell(t, {
    ...reached('2026-11-28T11:00:00.000Z'),
    '/api/v1/images': images,
    '/affected/': { images: [] },
  });
  const { list } = await startFront(t, { a: a.url, b: b.url });
  const answer = await list('/api/v1/images');
  assert.equal(answer.asOf, '2026-11-28T11:00:00.000Z');
  assert.deepEqual(shown(answer), ['1 a', '1 b']);
  await list('/affected/CVE-2026-1?partial=true');
  assert.ok(b.asked.some((line) => line.includes('asOf=2026-11-28T11%3A00%3A00.000Z')));
});

test('names the cells that lie, and does not use what they say', async (t) => {
  const redirected = await serveCell(t, {});
  const html: Handler = (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>welcome</html>');
  };
  const refused: Handler = (_request, response) => {
    response.writeHead(401, problem).end('{"detail":"a valid token is required"}');
  };
  const elsewhere: Handler = (_request, response) => {
    response.writeHead(302, { location: `${redirected.url.href}api/v1/images` }).end();
  };
  const large: Handler = (_request, response) => {
    const filler = 'x'.repeat(limits.cellPageBytes);
    response.end(JSON.stringify({ images: [{ ...image(1), filler }] }));
  };
  const lies: readonly (readonly [Answers, RegExp])[] = [
    [{ '/api/v1/images': { images: [image(2), image(1)] } }, /repeats entries or is out of order/],
    [{ '/api/v1/images': { images: [image(1), image(1)] } }, /repeats entries or is out of order/],
    [{ '/api/v1/images': { images: [image(4)], next: 3 } }, /continues at a place that it has passed/],
    [{ '/api/v1/images': { images: [1, 2, 3, 4, 5, 6].map((n) => image(n)) } }, /has 6 entries instead of/],
    [{ '/api/v1/images': { images: [{ number: '1' }] } }, /is it a server of clair/],
    [{ '/api/v1/images': { layers: [] } }, /is it a server of clair/],
    [{ '/api/v1/images': large }, /returned more than 16777216 bytes/],
    [{ '/api/v1/images': html }, /is it a server of clair/],
    [
      { '/api/v1/images': refused },
      /401 .*: a valid token is required; the cell refuses the token of cells\.liar/,
    ],
    [{ '/api/v1/images': elsewhere }, /302 .*: redirects are not followed/],
    [{ '/api/v1/reached': { at: 'now', event: 1 } }, /is it a server of clair/],
    [{ '/api/v1/reached': {} }, /is it a server of clair/],
  ];
  const honest = await serveCell(t, { '/api/v1/images': imagesOf([1]) });
  for (const [answers, reason] of lies) {
    const liar = await serveCell(t, answers);
    const { list } = await startFront(t, { honest: honest.url, liar: liar.url });
    const strict = await list('/api/v1/images?limit=5');
    assert.deepEqual([strict.status, strict.images], [503, undefined]);
    assert.match(strict.detail ?? '', /these cells did not answer: liar \(/);
    const partial = await list('/api/v1/images?limit=5&partial=true');
    assert.deepEqual([partial.status, partial.complete, shown(partial)], [200, false, ['1 honest']]);
    assert.deepEqual(
      partial.missing.map(({ cell }) => cell),
      ['liar'],
    );
    assert.match(partial.missing[0]?.reason ?? '', reason);
  }
  assert.deepEqual(redirected.asked, []);
});

test('refuses tokens that are forged or of another list', async (t) => {
  const a = await serveCell(t, { '/api/v1/images': imagesOf([1, 2]) });
  const { list } = await startFront(t, { a: a.url });
  const { next = assert.fail() } = await list('/api/v1/images?limit=1');
  const forged = Buffer.from(JSON.stringify({ cells: { a: '0' } })).toString('base64url');
  for (const path of [
    `/api/v1/images?repository=x/y&after=${next}`,
    `/api/v1/jobs?state=failed&after=${next}`,
    `/affected/CVE-2026-1?after=${next}`,
    `/api/v1/images?after=${next.slice(0, -6)}AAAA==`,
    `/api/v1/images?after=${forged}`,
    '/api/v1/images?after=1',
  ]) {
    const { status, detail = '' } = await list(path);
    assert.deepEqual(
      [status, detail],
      [400, 'the page token is not valid for this list: start with the first page'],
    );
  }
});

test('takes an advisory that a cell does not know for a missing answer, unless no cell knows it', async (t) => {
  const unknown: Handler = (_request, response) => {
    response.writeHead(404).end('{"Error":{"Message":"no advisory in the database covers CVE-2026-1"}}');
  };
  const position = Buffer.from(JSON.stringify(['debian:12', 'curl', 'name', null, 4])).toString('base64url');
  const knowing = await serveCell(t, { '/affected/': { images: [{ position, names: ['shop'] }] } });
  const other = await serveCell(t, { '/affected/': unknown });
  const both = await startFront(t, { knowing: knowing.url, other: other.url });
  const answer = await both.list('/affected/CVE-2026-1?partial=true');
  assert.deepEqual(answer.images, [{ position, names: ['shop'], cell: 'knowing' }]);
  assert.deepEqual(answer.missing, [{ cell: 'other', reason: 'its database has no such advisory' }]);
  assert.equal((await both.list('/affected/CVE-2026-1')).status, 503);
  const none = await startFront(t, { other: other.url });
  assert.equal((await none.list('/affected/CVE-2026-1')).status, 404);
});

test('passes a request for one registry, job or image to the cell that has it', async (t) => {
  const job = { id: 'job-1', state: 'failed' };
  const holder = await serveCell(t, {
    '/api/v1/jobs/job-1': job,
    '/api/v1/images/sha256': { report: 1 },
    '/api/v1/images': job,
    '/api/v1/webhooks/main': { looking: 1 },
  });
  const other = await serveCell(t, {
    '/api/v1/images/sha256': ((_request, response) => {
      response.writeHead(404, problem).end('{"detail":"no image has the digest"}');
    }) satisfies Handler,
    '/api/v1/webhooks/main': { looking: 2 },
    '/api/v1/images': { ...job, id: 'job-2' },
  });
  const names = ['holder', 'other'];
  const { ask } = await startFront(t, { holder: holder.url, other: other.url });
  for (const path of ['/api/v1/jobs/job-1', `/api/v1/images/sha256:${'0'.repeat(64)}/report`]) {
    const response = await ask(path);
    assert.deepEqual([response.status, response.headers.get('clair-cell')], [200, 'holder']);
  }
  const retried = await ask('/api/v1/jobs/job-1/retry', { method: 'POST' });
  assert.deepEqual([retried.status, retried.headers.get('clair-cell')], [200, 'holder']);
  const owner = cellOfRegistry('registry.example', names);
  const body = JSON.stringify({ reference: 'registry.example/shop:1' });
  const posted = await ask('/api/v1/images', { method: 'POST', body });
  assert.equal(posted.headers.get('clair-cell'), owner);
  const authorization = 'Bearer the-webhook-secret';
  const pushed = await ask('/api/v1/webhooks/main', { method: 'POST', body, headers: { authorization } });
  assert.equal(pushed.headers.get('clair-cell'), owner);
  const { asked } = owner === 'holder' ? holder : other;
  assert.ok(asked.includes(`POST /api/v1/webhooks/main ${authorization}`));
  assert.equal((await ask('/api/v1/jobs/job-9')).status, 404);
  assert.equal((await ask('/api/v1/suppressions')).status, 501);
});

test('does not say that there is no job or image while a cell is missing', async (t) => {
  const cell = await serveCell(t, {});
  const dead = new URL('http://127.0.0.1:1');
  const { list } = await startFront(t, { cell: cell.url, dead });
  for (const path of ['/api/v1/jobs/job-1', `/api/v1/images/sha256:${'0'.repeat(64)}/report`]) {
    const { status, detail = '' } = await list(path);
    assert.equal(status, 503);
    assert.match(detail, /dead \(no answer from/);
  }
});

test('refuses tokens that are limited to repositories, as the cells do not know the limit', async (t) => {
  const cell = await serveCell(t, { '/api/v1/images': imagesOf([1]) });
  const sum = createHash('sha256').update('of-a-team').digest('hex');
  const { ask } = await startFront(t, { cell: cell.url }, [`admin:${sum}:team::registry.example/team/**`]);
  const digest = `sha256:${'0'.repeat(64)}`;
  for (const [method, path] of [
    ['GET', '/api/v1/images'],
    ['POST', '/api/v1/images'],
    ['GET', `/api/v1/images/${digest}/report`],
    ['GET', '/api/v1/jobs/job-1'],
    ['POST', '/api/v1/jobs/job-1/retry'],
    ['GET', '/api/v1/registries'],
    ['GET', '/affected/CVE-2026-1'],
  ] as const) {
    const { status } = await ask(path, { method, headers: { authorization: 'Bearer of-a-team' } });
    assert.equal(status, 403, path);
  }
  assert.deepEqual(cell.asked, []);
});

test('adds up the summaries of cells, and names a cell that lies or counts nothing', async (t) => {
  const count = { severity: 'High', fixable: true, exploited: 'no', findings: 3 };
  const findings = { countedAt: '2026-11-28T11:00:00.000Z', images: 2, uncountedSets: 1, counts: [count] };
  const notAssessed = { images: 1, uncounted: 0, reasons: [] };
  const summary = { at: '2026-11-28T12:00:00.000Z', event: 7, findings, notAssessed, sources: [] };
  const a = await serveCell(t, { '/api/v1/summary': summary });
  const b = await serveCell(t, { '/api/v1/summary': { ...summary, at: '2026-11-28T11:30:00.000Z' } });
  const liar = await serveCell(t, {
    '/api/v1/summary': { ...summary, findings: { ...findings, images: -1 } },
  });
  const empty = await serveCell(t, { '/api/v1/summary': { ...summary, findings: null } });

  const both = await startFront(t, { a: a.url, b: b.url });
  const merged = (await (await both.ask('/api/v1/summary')).json()) as typeof summary & { complete: boolean };
  assert.deepEqual(
    [merged.at, merged.complete, merged.findings.images, merged.notAssessed.images, merged.findings.counts],
    ['2026-11-28T11:30:00.000Z', true, 4, 2, [{ ...count, findings: 6 }]],
  );

  const withLiar = await startFront(t, { a: a.url, liar: liar.url });
  assert.equal((await withLiar.ask('/api/v1/summary')).status, 503);
  const partial = (await (await withLiar.ask('/api/v1/summary?partial=true')).json()) as FrontAnswer;
  assert.deepEqual([partial.complete, partial.missing[0]?.cell], [false, 'liar']);

  const uncounted = await startFront(t, { a: a.url, empty: empty.url });
  assert.equal(((await (await uncounted.ask('/api/v1/summary')).json()) as typeof summary).findings, null);
});
