import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { openSqliteStore } from '../../src/store/sql/sqlite-store.ts';
import { serveHttp } from '../../src/testing/http-server.ts';
import { temporaryDirectory } from '../../src/testing/store-engines.ts';
import { clairBeside, type Run } from './clair.ts';

const feedPath = '/errata.almalinux.org/9/errata.full.json';

/** A feed with one erratum for each day of June 2024, up to a given day. */
function errata(days: number): string {
  const data = Array.from({ length: days }, (_, day) => ({
    id: `ALSA-2024:${day}`,
    type: 'security',
    severity: 'Important',
    title: 'xz',
    issued_date: Date.UTC(2024, 5, 1 + day) / 1000,
    packages: [{ name: 'xz', epoch: '0', version: '5.4', release: `${day}.el9`, arch: 'x86_64' }],
    references: [],
  }));
  return JSON.stringify({ data });
}

function update(url: string, database: string, ...options: readonly string[]): Promise<Run> {
  return clairBeside(['db', 'update', 'alma', '--mirror', url, '--db', database, ...options]);
}

test('rejects a feed from a mirror that has gone back in time and keeps the stored content', async (t) => {
  const database = join(temporaryDirectory(t), 'clair.db');
  let days = 20;
  const url = await serveHttp(
    t,
    only((_, response) => response.end(errata(days))),
  );
  const first = await update(url, database);
  assert.equal(first.status, 0, first.stderr);
  // A difference of one day can be due to servers of one vendor that are not in sync.
  days = 15;
  const second = await update(url, database);
  assert.equal(second.status, 3, second.stderr);
  assert.match(
    second.stdout,
    /^alma 9 failed: alma 9 goes back in time: its content is of 2024-06-15, but the current content is of 2024-06-20/m,
  );
  assert.equal(await records(database), 20);
  const third = await update(url, database, '--accept-older');
  assert.equal(third.status, 0, third.stderr);
  assert.equal(await records(database), 15);
});

test('fails when a mirror answers 304 and the database has no content of the feed', async (t) => {
  const database = join(temporaryDirectory(t), 'clair.db');
  const url = await serveHttp(
    t,
    only((_, response) => response.writeHead(304).end()),
  );
  const { status, stdout, stderr } = await update(url, database);
  assert.equal(status, 3, stderr);
  assert.match(stdout, /the server answered 304 \(Not Modified\) to an unconditional request/);
  assert.doesNotMatch(stdout, /up to date/);
  assert.equal(await records(database), 0);
});

/** Starts a server that serves only this feed. */
function only(answer: RequestListener): RequestListener {
  return (request, response) => {
    if (request.url === feedPath) answer(request, response);
    else response.writeHead(404).end();
  };
}

async function records(database: string): Promise<number> {
  await using store = await openSqliteStore(database);
  const states = await store.advisories.findFeedStates();
  return states.find(({ feed }) => feed === '9')?.records ?? 0;
}
