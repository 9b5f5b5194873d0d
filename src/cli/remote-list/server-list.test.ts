import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import * as z from 'zod/mini';
import { ClairError } from '../../core/errors.ts';
import { serveHttp } from '../../testing/http-server.ts';
import { listStatus, refuseWithServer, ServerLists } from './server-list.ts';

const request = {
  path: '/affected/CVE-2026-1',
  query: {},
  member: 'images' as const,
  entry: z.object({ identity: z.string() }),
};

/** Returns the lists of a server that answers with these pages, by the parameter `after`. */
async function listsOf(t: TestContext, pages: Readonly<Record<string, object>>): Promise<ServerLists> {
  const url = await serveHttp(t, ({ url: target = '' }, response) => {
    const { searchParams } = new URL(target, 'http://server');
    assert.equal(searchParams.get('partial'), 'true');
    response.end(JSON.stringify(pages[searchParams.get('after') ?? '']));
  });
  return await ServerLists.open({ server: new URL(url) });
}

const [one, two] = [{ identity: 'one' }, { identity: 'two' }];
const missing = [{ cell: 'south', reason: 'no answer within 2 s' }];

test('reads all pages, and a cell that is back on the last page is not missing', async (t) => {
  const lists = await listsOf(t, {
    '': { images: [one], next: 'b', missing },
    b: { images: [two], missing: [], asOf: '2026-11-28T12:00:00.000Z' },
  });
  const page = await lists.all(request);
  assert.deepEqual(page.entries, [one, two]);
  assert.equal(listStatus(page), 0);
});

test('returns 4 for a list without some cells, also if the server returns a token for them', async (t) => {
  const lists = await listsOf(t, { '': { images: [one], resume: 'c', missing } });
  const page = await lists.all(request);
  assert.deepEqual([page.entries, page.missing], [[one], missing]);
  assert.equal(listStatus(page), 4);
});

test('refuses a server that returns the same page again, or no list', async (t) => {
  const isRefused = (error: unknown): boolean =>
    error instanceof ClairError && error.code === 'server-refused';
  const again = await listsOf(t, { '': { images: [], next: 'b' }, b: { images: [], next: 'b' } });
  await assert.rejects(again.all(request), isRefused);
  const other = await listsOf(t, { '': { layers: [] } });
  await assert.rejects(other.all(request), isRefused);
});

test('repeats the reason of a server, and guesses one only if it states none', async (t) => {
  const noAdvisory = { Error: { Message: 'no advisory in the database covers CVE-2026-1' } };
  for (const [body, message] of [
    [JSON.stringify(noAdvisory), /^404 from \S+: no advisory in the database covers CVE-2026-1$/],
    ['{"detail": "no such job"}', /^404 from \S+: no such job$/],
    ['404 page not found', /^404 from \S+; is it a server of clair with \/api\/v1\?$/],
  ] as const) {
    const url = await serveHttp(t, (_, response) => response.writeHead(404).end(body));
    const lists = await ServerLists.open({ server: new URL(url) });
    await assert.rejects(lists.page(request), { message });
  }
});

test('refuses options of the database of this machine', () => {
  assert.throws(
    () => {
      refuseWithServer({ db: 'x', ignore: [], vex: ['y'] }, { db: '--db', ignore: '--ignore', vex: '--vex' });
    },
    (error) => error instanceof ClairError && error.message.startsWith('--db and --vex cannot be used'),
  );
});
