import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { InflateThread } from '../../../layer-pool/inflate-thread.ts';
import { runHashTask, SharedHash } from './shared-hash.ts';

function startThread(t: TestContext): InflateThread {
  const thread = new InflateThread(new URL('../../../inflate-worker.ts', import.meta.url));
  t.after(() => thread[Symbol.asyncDispose]());
  return thread;
}

const expected = (algorithm: string, bytes: readonly Buffer[]): string =>
  createHash(algorithm).update(Buffer.concat(bytes)).digest('hex');

/** Content that is larger than the ring, in pieces of different sizes. */
const large = [1, 300_000, 4_000_000, 0, 262_144, 3_000_000, 7].map((size, i) =>
  Buffer.alloc(size, `${i} text `),
);

test('hashes on a second thread, one content after the other', (t) => {
  const { hashAhead } = startThread(t);
  for (const algorithm of ['sha256', 'sha512', 'sha256']) {
    let claimed = 0;
    const hash = new SharedHash(algorithm, (task) => {
      hashAhead(task);
      // Until the thread has begun. Otherwise this one hashes what the ring can hold.
      const words = new Int32Array(task.words);
      while (claimed === 0) {
        Atomics.wait(words, 1, 0, 1);
        claimed = Atomics.load(words, 2);
      }
    });
    for (const bytes of large) hash.update(bytes);
    assert.equal(hash.digest('hex'), expected(algorithm, large));
    assert.equal(claimed, 2);
  }
});

test('hashes on this thread if the second one does not begin', () => {
  const tasks: Parameters<typeof runHashTask>[0][] = [];
  const pieces = fc.array(fc.nat(1_500_000), { maxLength: 6 });
  fc.assert(
    fc.property(pieces, (sizes) => {
      const hash = new SharedHash('sha256', (task) => tasks.push(task), 1);
      const contents = sizes.map((size, i) => Buffer.alloc(size, `${i}`));
      for (const bytes of contents) hash.update(bytes);
      assert.equal(hash.digest('hex'), expected('sha256', contents));
      // A thread that begins now has nothing to do, and waits for nothing.
      for (const task of tasks.splice(0)) runHashTask(task);
    }),
    { numRuns: 30 },
  );
});
