import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import * as z from 'zod/mini';
import { limits } from '../../../core/limits.ts';
import { startApiServer } from '../../../testing/api-server.ts';
import { ListLimiter } from '../list-limiter.ts';
import { parseQuery } from '../native/query.ts';
import { routerOf } from '../router.ts';
import { wantsCsv } from './csv.ts';
import { listResponse, type RowList } from './list-response.ts';
import { pageCursor } from './page-cursor.ts';
import { problemErrors } from './problem.ts';

interface Place {
  readonly rank: number;
  readonly name: string;
}

const cursor = pageCursor('words', z.object({ rank: z.int(), name: z.string() }));

/** Serves the list of the numbers from 1 to `count` under `/words`, and fails from a number on. */
async function serveWords(context: TestContext, count: number, failsFrom = Number.POSITIVE_INFINITY) {
  const list: RowList<number, Place> = {
    name: 'words',
    read: ({ limit, after }) => {
      const first = (after?.rank ?? 0) + 1;
      if (first + limit > failsFrom) return Promise.reject(new Error('the database is gone'));
      const last = Math.min(count, first + limit - 1);
      const rows = Array.from({ length: last - first + 1 }, (_, i) => first + i);
      return Promise.resolve({ rows, ...(last < count && { next: { rank: last, name: 'é' } }) });
    },
    toJson: (number) => ({ number }),
    columns: { number: String, words: (number) => ['=a', `"${number}"`], nothing: () => null },
    nextOf: cursor.write,
  };
  const query = z.strictObject({ after: z.optional(cursor.parameter) });
  const server = await startApiServer(context, {
    routers: () => [
      routerOf('', [
        {
          name: 'words',
          method: 'GET',
          path: '/words',
          ...problemErrors,
          handle: (request) =>
            listResponse(
              list,
              { limit: 2, after: parseQuery(request, query).after },
              { request, listLimiter: new ListLimiter() },
            ),
        },
      ]),
    ],
    onError: () => undefined,
  });
  return async (query = '', accept = '*/*') =>
    await fetch(`http://127.0.0.1:${server.port}/words${query}`, { headers: { accept } });
}

test('returns a list page by page as JSON, and as a whole as CSV', async (t) => {
  const get = await serveWords(t, 3);
  const first = (await (await get()).json()) as { words: object[]; next: string };
  assert.deepEqual(first.words, [{ number: 1 }, { number: 2 }]);
  const last = await get(`?after=${first.next}`);
  assert.equal(last.headers.get('vary'), 'Accept');
  assert.deepEqual(await last.json(), { words: [{ number: 3 }] });
  const csv = await get('', 'text/csv');
  assert.equal(csv.headers.get('content-type'), 'text/csv; charset=utf-8; header=present');
  assert.equal(
    await csv.text(),
    'number,words,nothing\r\n1,"\'=a ""1""",\r\n2,"\'=a ""2""",\r\n3,"\'=a ""3""",\r\n',
  );
});

test('says where a list goes on when the limit has cut its CSV', async (t) => {
  const get = await serveWords(t, limits.csvRows + 1);
  const lines = (await (await get('', 'text/csv')).text()).trimEnd().split('\r\n');
  assert.equal(lines.length, limits.csvRows + 2);
  const [cut = '', ...others] = lines.at(-1)?.split(',') ?? [];
  assert.match(cut, /^cut after 100000 rows: repeat the request with after=\S+ for the following ones$/);
  assert.deepEqual(others, ['', '']);
  const rest = await get(`?after=${/after=(\S+)/.exec(cut)?.[1]}`, 'text/csv');
  assert.equal((await rest.text()).split('\r\n')[1]?.split(',')[0], String(limits.csvRows + 1));
  const complete = await serveWords(t, limits.csvRows);
  assert.doesNotMatch((await (await complete('', 'text/csv')).text()).slice(-300), /cut/);
});

test('does not end a CSV as if it were whole when a page cannot be read', async (t) => {
  const atFirst = await serveWords(t, 3, 1);
  assert.equal((await atFirst('', 'text/csv')).status, 500);
  const later = await serveWords(t, 3000, 1500);
  await assert.rejects(async () => await (await later('', 'text/csv')).text());
});

test('refuses a damaged or foreign cursor', async (t) => {
  const get = await serveWords(t, 3);
  const place = { rank: 1, name: 'a' };
  const own = cursor.write(place);
  const foreign = pageCursor('other', z.object({ rank: z.int(), name: z.string() })).write(place);
  const wrong = Buffer.from(JSON.stringify(['words', { rank: '1', name: 'a' }])).toString('base64url');
  assert.equal((await get(`?after=${own}`)).status, 200);
  for (const after of [own.slice(0, -3), `${own}AAAA`, foreign, wrong, '2', '', `${own}&after=${own}`]) {
    const response = await get(`?after=${after}`);
    const { detail } = (await response.json()) as { detail: string };
    assert.deepEqual(
      [response.status, detail],
      [400, 'after must be the next of a page of this list'],
      after,
    );
  }
});

test('prefers CSV when the header names it before JSON', () => {
  for (const [accept, expected] of [
    [undefined, false],
    ['*/*', false],
    ['text/html', false],
    ['text/csv', true],
    ['Text/CSV; header=present', true],
    ['text/csv, */*;q=0.1', true],
    ['application/json, text/csv', false],
    ['application/json;q=0.5, text/csv', true],
    ['text/csv;q=0.5, application/json', false],
  ] as const)
    assert.equal(wantsCsv({ headers: accept === undefined ? {} : { accept } }), expected, accept);
});
