import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DocumentText } from '../../plugin/advisory-source.ts';
import type { DocumentBatch, DocumentParsers } from './document-batch.ts';
import { parseBatch } from './document-batch.ts';
import { type ReadAheadOptions, type ReadDocument, readAhead } from './read-ahead.ts';

const bounds = { parserStartBytes: 100, parserBatchBytes: 1000, parserAheadBytes: 5000 };

interface NumberedText extends DocumentText {
  readonly number: number;
}

/** Yields documents in one reused buffer, as readers do, and counts them. */
function documentsOf(sizes: readonly number[]): { read: number; stream: () => AsyncGenerator<NumberedText> } {
  const memory = Buffer.alloc(10_000);
  const documents = {
    read: 0,
    async *stream() {
      for (const [number, size] of sizes.entries()) {
        documents.read++;
        memory.fill(number);
        yield { number, context: String(number), bytes: memory.subarray(0, size) };
      }
    },
  };
  return documents;
}

/** Returns the number and the size that a text states. */
function read({ bytes }: DocumentText): unknown[] {
  return [[bytes[0], bytes.length]];
}

function options(
  parsers: DocumentParsers,
  isKnown: (document: NumberedText) => boolean = () => false,
): ReadAheadOptions<NumberedText> {
  return { of: { source: 's', feed: 'f', url: 'u' }, parsers, read, isKnown, bounds };
}

/** Parses once it is released. */
class HeldParsers implements DocumentParsers {
  readonly batches: DocumentBatch[] = [];
  readonly release = Promise.withResolvers<undefined>();

  async parse(batch: DocumentBatch) {
    this.batches.push(batch);
    await this.release.promise;
    return parseBatch(batch, read);
  }
}

test('passes small feeds on as they are', async () => {
  const parsers = new HeldParsers();
  const documents = documentsOf([40, 50]);
  const passed: unknown[] = [];
  for await (const { document, parsed } of readAhead(documents.stream(), options(parsers)))
    passed.push([document.number, parsed, document.bytes.length]);
  assert.deepEqual(passed, [
    [0, undefined, 40],
    [1, undefined, 50],
  ]);
  assert.equal(parsers.batches.length, 0);
});

test('reads no further than its bound while nothing is parsed, and passes documents on in order', async () => {
  const sizes = Array.from({ length: 60 }, (_, i) => [300, 0, 1500, 10, 999][i % 5] ?? 0);
  const parsers = new HeldParsers();
  const documents = documentsOf(sizes);
  const ahead = readAhead(documents.stream(), options(parsers));
  const first = ahead.next();
  for (let turn = 0; turn < 100; turn++) await Promise.resolve();
  const bytes = sizes.slice(0, documents.read).reduce((sum, size) => sum + size, 0);
  assert.ok(bytes > 3000 && bytes < 5000 + 1500, `${bytes}`);
  for (const { texts, memory } of parsers.batches)
    assert.ok(memory.byteLength === 1000 || (texts.length === 1 && memory.byteLength === 1500));
  parsers.release.resolve(undefined);
  const begun = await first;
  const all: ReadDocument<NumberedText>[] = begun.done === true ? [] : [begun.value];
  for await (const one of ahead) all.push(one);
  assert.deepEqual(
    all.map((one) => [one.document.number, one.parsed?.records]),
    sizes.map((size, number) => [number, [[size === 0 ? undefined : number, size]]]),
  );
});

test('never reads the text of a known document, and lets none be read later', async () => {
  const parsers = new HeldParsers();
  parsers.release.resolve(undefined);
  const documents = documentsOf([200, 300, 300, 300]);
  const all = [];
  for await (const one of readAhead(
    documents.stream(),
    options(parsers, ({ number }) => number === 2),
  ))
    all.push(one);
  assert.deepEqual(
    parsers.batches.flatMap(({ texts }) => texts.map(({ context }) => context)),
    ['0', '1', '3'],
  );
  assert.match(all[2]?.parsed?.error?.message ?? '', /not parsed/);
});

test('passes on all documents before a failure of their stream', async () => {
  async function* failing(): AsyncGenerator<NumberedText> {
    yield* documentsOf([200, 300]).stream();
    throw new Error('the archive is damaged');
  }
  const parsers: DocumentParsers = { parse: () => Promise.resolve(undefined) };
  const numbers: number[] = [];
  await assert.rejects(
    async () => {
      for await (const { document } of readAhead(failing(), options(parsers))) numbers.push(document.number);
    },
    { message: 'the archive is damaged' },
  );
  assert.deepEqual(numbers, [0, 1]);
});
