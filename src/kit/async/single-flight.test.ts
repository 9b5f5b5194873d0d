import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SingleFlight } from './single-flight.ts';

/** Work that ends when the test ends it or when its signal aborts. */
class Work {
  readonly starts: string[] = [];
  readonly #ends: PromiseWithResolvers<string>[] = [];

  readonly of =
    (name: string) =>
    async (signal: AbortSignal): Promise<string> => {
      this.starts.push(name);
      const end = Promise.withResolvers<string>();
      this.#ends.push(end);
      signal.addEventListener('abort', () => {
        end.reject(signal.reason as Error);
      });
      return await end.promise;
    };

  end(i: number, result: string): void {
    this.#ends[i]?.resolve(result);
  }
}

const never = new AbortController().signal;
const request = (key: string, content = ''): { key: string; content: string } => ({ key, content });

/** Starts a request whose caller leaves at once. */
async function leave(all: SingleFlight<string>, key: string, work: Work): Promise<void> {
  const gone = new AbortController();
  const left = assert.rejects(all.run(request(key), gone.signal, work.of(key)), /^Error: gone$/);
  gone.abort(new Error('gone'));
  await left;
}

test('shares one result between equal requests', async () => {
  const all = new SingleFlight<string>();
  const work = new Work();
  const results = [1, 2].map(() => all.run(request('a'), never, work.of('a')));
  work.end(0, 'done');
  assert.deepEqual(await Promise.all(results), ['done', 'done']);
  assert.deepEqual(work.starts, ['a']);
});

test('makes another request for a key wait until the first has ended or failed', async () => {
  const all = new SingleFlight<string>();
  const work = new Work();
  const first = all.run(request('a', 'one'), never, work.of('one'));
  const second = all.run(request('a', 'two'), never, work.of('two'));
  const other = all.run(request('b', 'two'), never, work.of('b'));
  await new Promise(setImmediate);
  assert.deepEqual(work.starts, ['one', 'b']);
  work.end(1, 'b');
  work.end(0, 'one');
  assert.deepEqual([await first, await other], ['one', 'b']);
  await new Promise(setImmediate);
  assert.deepEqual(work.starts, ['one', 'b', 'two']);
  const third = all.run(request('a', 'three'), never, work.of('three'));
  await all[Symbol.asyncDispose]();
  await assert.rejects(second, /the server is stopping/);
  await assert.rejects(third, /the server is stopping/);
});

test('keeps the work when its caller leaves, and lets a retry join it', async () => {
  const all = new SingleFlight<string>({ abandonedMax: 1 });
  const work = new Work();
  await leave(all, 'a', work);
  const retried = all.run(request('a'), never, work.of('a'));
  await leave(all, 'b', work);
  const again = all.run(request('b'), never, work.of('b'));
  work.end(0, 'a');
  work.end(1, 'b');
  assert.deepEqual([await retried, await again, work.starts], ['a', 'b', ['a', 'b']]);
});

test('ends the newest abandoned work above the limit, and begins again on a retry', async () => {
  const all = new SingleFlight<string>({ abandonedMax: 2 });
  const work = new Work();
  for (const key of ['a', 'b', 'c']) await leave(all, key, work);
  const retried = ['a', 'b', 'c'].map((key) => all.run(request(key), never, work.of(key)));
  await new Promise(setImmediate);
  assert.deepEqual(work.starts, ['a', 'b', 'c', 'c']);
  for (const i of [0, 1, 3]) work.end(i, 'done');
  assert.deepEqual(await Promise.all(retried), ['done', 'done', 'done']);
  // Ended work no longer counts.
  for (const key of ['a', 'b']) await leave(all, key, work);
  assert.equal(work.starts.length, 6);
  const kept = all.run(request('b'), never, work.of('b'));
  await new Promise(setImmediate);
  assert.equal(work.starts.length, 6);
  work.end(5, 'kept');
  assert.equal(await kept, 'kept');
  await all[Symbol.asyncDispose]();
});

test('ends abandoned work when its time is up', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const all = new SingleFlight<string>({ abandonedMs: 1000 });
  const work = new Work();
  await leave(all, 'a', work);
  t.mock.timers.tick(999);
  const joined = all.run(request('a'), never, work.of('a'));
  t.mock.timers.tick(5000);
  work.end(0, 'in time');
  assert.equal(await joined, 'in time');
  await leave(all, 'a', work);
  t.mock.timers.tick(1000);
  const late = all.run(request('a'), never, work.of('a'));
  await new Promise(setImmediate);
  assert.deepEqual(work.starts, ['a', 'a', 'a']);
  work.end(2, 'second result');
  assert.equal(await late, 'second result');
});
