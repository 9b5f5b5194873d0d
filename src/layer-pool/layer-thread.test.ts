import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { LayerThread } from './layer-thread.ts';
import type { LayerTask } from './protocol.ts';
import { ThreadPool } from './thread-pool.ts';

const script = new URL('../testing/faulty-layer-worker.ts', import.meta.url);

const unclaimed = { claims: {}, options: { verify: true, links: [] } };

function file(name: string): LayerTask {
  return { kind: 'file', analyzers: [], directories: undefined, name, ...unclaimed };
}

function thread(context: TestContext, stopMs = 60_000): LayerThread {
  const made = new LayerThread(script, { stopMs });
  context.after(() => made[Symbol.asyncDispose]());
  return made;
}

function pool(context: TestContext, threadsMax: number, waitingMax: number, idleMs = 60_000): ThreadPool {
  const made = new ThreadPool({ script, threadsMax, waitingMax, idleMs, stopMs: 10 });
  context.after(() => made[Symbol.asyncDispose]());
  return made;
}

const signal = new AbortController().signal;

test('a thread does one task after the other', async (context) => {
  const worker = thread(context);
  assert.equal((await worker.run(file('well'))).length, 1);
  assert.equal((await worker.run(file('well'))).length, 1);
  assert.ok(worker.isAlive);
});

test('a thread that ends or throws fails its task', async (context) => {
  const ended = thread(context);
  await assert.rejects(ended.run(file('ends')), { message: /ended without an answer/ });
  assert.ok(!ended.isAlive);
  const threw = thread(context);
  await assert.rejects(threw.run(file('throws')), { message: 'as it was told to' });
  assert.ok(!threw.isAlive);
});

test('a thread that does not stop is ended', async (context) => {
  const worker = thread(context, 10);
  const stop = new AbortController();
  const run = worker.run(file('spins'), { signal: stop.signal });
  stop.abort(new Error('enough'));
  await assert.rejects(run, { message: 'enough' });
  assert.ok(!worker.isAlive);
});

test('a stream is read no further than its reader has come', async (context) => {
  const worker = thread(context, 10);
  const stop = new AbortController();
  let sent = 0;
  let isLeft = false;
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (; ; sent++) yield new Uint8Array(64 * 1024);
    } finally {
      isLeft = true;
    }
  }
  const task = { kind: 'stream', analyzers: [], name: 'hungry', ...unclaimed } as const;
  const run = worker.run(task, { bytes: endless, signal: stop.signal });
  // Once a task of the event loop finds no more sent than the one before, nothing is asked for any more.
  for (let before = -1; before !== sent; ) {
    before = sent;
    await new Promise(setImmediate);
  }
  assert.ok(sent > 0 && sent <= 17, `${sent} pieces of 64 KiB, no more than fits into the memory on its way`);
  stop.abort(new Error('enough'));
  await assert.rejects(run, { message: 'enough' });
  await new Promise(setImmediate);
  assert.ok(isLeft, 'the stream is closed');
});

test('a stream that fails fails the task with its own words', async (context) => {
  const worker = thread(context, 10);
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(1);
    await Promise.reject(new Error('the line is dead'));
  }
  const task = { kind: 'stream', analyzers: [], name: 'x', ...unclaimed } as const;
  await assert.rejects(worker.run(task, { bytes: broken }), { message: 'the line is dead' });
});

test('tasks wait for a thread, only so many, in their order', async (context) => {
  const threads = pool(context, 1, 2);
  const held = Promise.withResolvers<undefined>();
  const order: string[] = [];
  const first = threads.use(signal, () => held.promise);
  const others = ['second', 'third'].map((name) =>
    threads.use(signal, (worker) => {
      order.push(name);
      return worker.run(file('well'));
    }),
  );
  assert.deepEqual([threads.busy, threads.waiting], [1, 2]);
  await assert.rejects(
    threads.use(signal, () => assert.fail('there is no thread')),
    { code: 'busy' },
  );
  held.resolve(undefined);
  await Promise.all([first, ...others]);
  assert.deepEqual(order, ['second', 'third']);
  assert.deepEqual([threads.busy, threads.waiting], [0, 0]);
});

test('whoever waits may leave', async (context) => {
  const threads = pool(context, 1, 1);
  const held = Promise.withResolvers<undefined>();
  const first = threads.use(signal, () => held.promise);
  const stop = new AbortController();
  const second = threads.use(stop.signal, () => assert.fail('it has left'));
  stop.abort(new Error('enough'));
  await assert.rejects(second, { message: 'enough' });
  assert.equal(threads.waiting, 0);
  held.resolve(undefined);
  await first;
});

test('a thread that dies or is ended is replaced', async (context) => {
  const threads = pool(context, 1, 10);
  const run = (name: string, stop = signal) =>
    threads.use(stop, (worker) => worker.run(file(name), { signal: stop }));
  const spinning = new AbortController();
  const results = [
    assert.rejects(run('ends'), { message: /ended without an answer/ }),
    run('well'),
    assert.rejects(run('spins', spinning.signal), { message: 'enough' }),
    run('well'),
    assert.rejects(run('throws'), { message: 'as it was told to' }),
    run('well'),
  ];
  await results[1];
  spinning.abort(new Error('enough'));
  await Promise.all(results);
});

test('ends a thread that stays idle, and starts another one when a task comes', {
  timeout: 20_000,
}, async (context) => {
  const threads = pool(context, 1, 10, 1);
  const use = () =>
    threads.use(signal, async (worker) => {
      await worker.run(file('well'));
      return worker;
    });
  const first = await use();
  while (first.isAlive) await nextTurn();
  assert.notEqual(await use(), first);
});

test('a pool that is closed has no threads', async (context) => {
  const threads = pool(context, 1, 10);
  const busy = threads.use(signal, (worker) => worker.run(file('spins')));
  const waiting = threads.use(signal, () => assert.fail('no thread is left'));
  const [first, second] = [
    assert.rejects(busy, { message: /ended without an answer/ }),
    assert.rejects(waiting, { message: 'layers are read no more' }),
  ];
  await threads[Symbol.asyncDispose]();
  await Promise.all([first, second]);
  await assert.rejects(
    threads.use(signal, () => assert.fail('no thread is left')),
    { message: 'layers are read no more' },
  );
});
