import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { tar } from '../testing/tar-writer.ts';
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

test('runs one task after the other', async (context) => {
  const worker = thread(context);
  assert.equal((await worker.run(file('well'))).indexes.length, 1);
  assert.equal((await worker.run(file('well'))).indexes.length, 1);
  assert.ok(worker.isAlive);
});

test('fails its task when the thread exits or throws', async (context) => {
  const ended = thread(context);
  await assert.rejects(ended.run(file('ends')), { message: /exited before it returned a result/ });
  assert.ok(!ended.isAlive);
  const threw = thread(context);
  await assert.rejects(threw.run(file('throws')), { message: 'thrown on purpose' });
  assert.ok(!threw.isAlive);
});

test('ends a thread that does not stop', async (context) => {
  const worker = thread(context, 10);
  const stop = new AbortController();
  const run = worker.run(file('spins'), { signal: stop.signal });
  stop.abort(new Error('enough'));
  await assert.rejects(run, { message: 'enough' });
  assert.ok(!worker.isAlive);
});

test('reads a stream no further than its consumer has come', async (context) => {
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
  const run = worker.run(task, { bytes: endless(), signal: stop.signal });
  // When a turn of the event loop sends no more than the turn before, the sender no longer pulls from the stream.
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

test('fails the task with the error of the stream when the stream fails', async (context) => {
  const worker = thread(context, 10);
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(1);
    await Promise.reject(new Error('the line is dead'));
  }
  const task = { kind: 'stream', analyzers: [], name: 'x', ...unclaimed } as const;
  await assert.rejects(worker.run(task, { bytes: broken() }), { message: 'the line is dead' });
});

test('sends no bytes of an ended task to the next task', async (context) => {
  const worker = new LayerThread(new URL('../layer-worker.ts', import.meta.url));
  context.after(() => worker[Symbol.asyncDispose]());
  const bytes = tar([{ path: 'a', content: 'a' }]);
  const [released, sent] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  async function* garbage(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(256 * 1024).fill(1);
    await released.promise;
    yield new Uint8Array(1);
  }
  async function* layer(): AsyncGenerator<Uint8Array> {
    released.resolve(undefined);
    await sent.promise;
    yield bytes;
  }
  const task = { kind: 'stream', analyzers: [], name: 'x', ...unclaimed } as const;
  await assert.rejects(worker.run(task, { bytes: garbage() }), { code: 'target-corrupt' });
  const next = worker.run(task, { bytes: layer() });
  await nextTurn();
  sent.resolve(undefined);
  const {
    indexes: [index],
  } = await next;
  assert.equal(index?.tarBytes, bytes.length);
});

/** Runs work with a thread of the pool. */
async function use<T>(
  threads: ThreadPool,
  stop: AbortSignal,
  work: (thread: LayerThread) => T | Promise<T>,
): Promise<T> {
  using lease = await threads.acquire(stop);
  return await work(lease.thread);
}

test('queues tasks in their order when all threads are busy, up to a limit', async (context) => {
  const threads = pool(context, 1, 2);
  const held = Promise.withResolvers<undefined>();
  const order: string[] = [];
  const first = use(threads, signal, () => held.promise);
  const others = ['second', 'third'].map((name) =>
    use(threads, signal, (worker) => {
      order.push(name);
      return worker.run(file('well'));
    }),
  );
  assert.deepEqual([threads.busy, threads.waiting], [1, 2]);
  await assert.rejects(
    use(threads, signal, () => assert.fail('there is no thread')),
    { code: 'busy' },
  );
  held.resolve(undefined);
  await Promise.all([first, ...others]);
  assert.deepEqual(order, ['second', 'third']);
  assert.deepEqual([threads.busy, threads.waiting], [0, 0]);
});

test('leaves the queue when the caller aborts', async (context) => {
  const threads = pool(context, 1, 1);
  const held = Promise.withResolvers<undefined>();
  const first = use(threads, signal, () => held.promise);
  const stop = new AbortController();
  const second = use(threads, stop.signal, () => assert.fail('it has left'));
  stop.abort(new Error('enough'));
  await assert.rejects(second, { message: 'enough' });
  assert.equal(threads.waiting, 0);
  held.resolve(undefined);
  await first;
});

test('replaces a thread when it dies or is ended', async (context) => {
  const threads = pool(context, 1, 10);
  const run = (name: string, stop = signal) =>
    use(threads, stop, (worker) => worker.run(file(name), { signal: stop }));
  const spinning = new AbortController();
  const results = [
    assert.rejects(run('ends'), { message: /exited before it returned a result/ }),
    run('well'),
    assert.rejects(run('spins', spinning.signal), { message: 'enough' }),
    run('well'),
    assert.rejects(run('throws'), { message: 'thrown on purpose' }),
    run('well'),
  ];
  await results[1];
  spinning.abort(new Error('enough'));
  await Promise.all(results);
});

test('ends an idle thread, and starts another one when a task comes', {
  timeout: 20_000,
}, async (context) => {
  const threads = pool(context, 1, 10, 1);
  const runAndReturn = () =>
    use(threads, signal, async (worker) => {
      await worker.run(file('well'));
      return worker;
    });
  const first = await runAndReturn();
  while (first.isAlive) await nextTurn();
  assert.notEqual(await runAndReturn(), first);
});

test('has no threads after it is closed', async (context) => {
  const threads = pool(context, 1, 10);
  const busy = use(threads, signal, (worker) => worker.run(file('spins')));
  const waiting = use(threads, signal, () => assert.fail('no thread is left'));
  const [first, second] = [
    assert.rejects(busy, { message: /exited before it returned a result/ }),
    assert.rejects(waiting, { message: 'the layer pool is shut down' }),
  ];
  await threads[Symbol.asyncDispose]();
  await Promise.all([first, second]);
  await assert.rejects(
    use(threads, signal, () => assert.fail('no thread is left')),
    { message: 'the layer pool is shut down' },
  );
});
