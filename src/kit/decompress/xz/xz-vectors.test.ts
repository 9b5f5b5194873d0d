import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingTool, runTool } from '../../../testing/image-builder.ts';
import { storedChunk, type XzBlock, type XzStream, xzCheck, xzStream } from '../../../testing/xz-writer.ts';
import { InflateError } from '../inflater.ts';
import { XzInflater } from './xz-inflater.ts';

const skip = missingTool('xz');
const end = Buffer.from([0]);
const text = Buffer.from(`${'clair clair clair '.repeat(20)}.`);
const more = Buffer.from('other words, other words, '.repeat(20));

/** Chunks of LZMA2 as xz writes them, without their end marker. Without context bits, they can follow any others. */
function lzmaChunks(content: Buffer, options = 'lc=0,lp=0,pb=0'): Buffer {
  const raw = runTool('xz', ['-c', '--format=raw', `--lzma2=preset=6,${options}`], content);
  return raw.subarray(0, -1);
}

function block(chunks: readonly Buffer[], content: readonly Buffer[], rest: Partial<XzBlock> = {}): XzBlock {
  return { data: Buffer.concat([...chunks, end]), content: Buffer.concat(content), ...rest };
}

const stored = (rest: Partial<XzBlock> = {}): XzBlock => block([storedChunk(text)], [text], rest);
const oneBlock = (rest: Partial<XzBlock>, stream: Partial<XzStream> = {}): Buffer =>
  xzStream({ ...stream, blocks: [stored(rest)] });
const twoBlocks = (stream: Partial<XzStream>): Buffer =>
  xzStream({ ...stream, blocks: [stored(), block([storedChunk(more)], [more])] });
const chunked = (chunks: readonly Buffer[], ...content: readonly Buffer[]): Buffer =>
  xzStream({ blocks: [block(chunks, content)] });

/** The chunk with another control byte. */
function withControl(chunk: Buffer, control: number): Buffer {
  return Buffer.from([(control & 0xe0) | ((chunk[0] ?? 0) & 0x1f), ...chunk.subarray(1)]);
}

/** The chunk without its byte of properties: it resets the state, or continues it. */
function withoutProperties(chunk: Buffer, control: number): Buffer {
  return Buffer.concat([withControl(chunk, control).subarray(0, 5), chunk.subarray(6)]);
}

function withByte(chunk: Buffer, at: number, value: number): Buffer {
  const changed = Buffer.from(chunk);
  changed[at] = value;
  return changed;
}

const storedBytes = text.length + 3 + 1;
const empty = xzStream({});

function goodFiles(): Record<string, Buffer> {
  const [first, second] = [lzmaChunks(text), lzmaChunks(more)];
  return {
    'a stream without blocks': empty,
    'two streams without blocks': Buffer.concat([empty, empty]),
    'padding between streams and at the end': Buffer.concat([empty, Buffer.alloc(8), empty, Buffer.alloc(4)]),
    'a block without content': chunked([]),
    'a stored chunk': oneBlock({}),
    'two blocks': twoBlocks({}),
    'no check': oneBlock({}, { flags: [0, xzCheck.none] }),
    'a check of SHA-256': oneBlock({}, { flags: [0, xzCheck.sha256] }),
    'a stated compressed size': oneBlock({ stated: { compressed: storedBytes } }),
    'a stated inflated size': oneBlock({ stated: { inflated: text.length } }),
    'both stated sizes': oneBlock({ stated: { compressed: storedBytes, inflated: text.length } }),
    'long padding of a block header': oneBlock({ headerPadding: Buffer.alloc(19) }),
    'the largest dictionary': oneBlock({ header: [0, 0x21, 1, 40] }),
    'a compressed chunk': chunked([first], text),
    'a stored chunk after a compressed one': chunked([first, storedChunk(more, 2)], text, more),
    'new properties without a reset of the dictionary': chunked(
      [first, withControl(second, 0xc0)],
      text,
      more,
    ),
    'a new state with the same properties': chunked([first, withoutProperties(second, 0xa0)], text, more),
    'a reset of the dictionary': chunked([first, second], text, more),
    'new properties after a stored chunk': chunked(
      [storedChunk(text), withControl(second, 0xc0)],
      text,
      more,
    ),
    'a new state after a stored chunk in between': chunked(
      [first, storedChunk(more, 2), withoutProperties(second, 0xa0)],
      text,
      more,
      more,
    ),
  };
}

function badContainers(): Record<string, Buffer> {
  const swap: XzStream['records'] = (records) => records.toReversed();
  return {
    'a wrong magic': withByte(empty, 1, 0x38),
    'a wrong magic at the end': withByte(empty, empty.length - 1, 0x5b),
    'a wrong magic of the second stream': Buffer.concat([empty, withByte(empty, 1, 0x38)]),
    'data of another format after a stream': Buffer.concat([empty, Buffer.from('5d00008000', 'hex')]),
    'padding that is no multiple of four': Buffer.concat([empty, Buffer.alloc(5)]),
    'padding of three bytes': Buffer.concat([empty, Buffer.alloc(3)]),
    'padding before the first stream': Buffer.concat([Buffer.alloc(4), empty]),
    'a missing last byte': empty.subarray(0, -1),
    'other flags in the footer': oneBlock({}, { footerFlags: [0, xzCheck.sha256] }),
    'reserved flags of the stream': oneBlock({}, { flags: [1, 1] }),
    'reserved bits of the check': oneBlock({}, { flags: [0, 0x11] }),
    'a wrong backward size': oneBlock({}, { backwardBytes: 64 }),
    'an index without a record': oneBlock({}, { records: () => [] }),
    'an index with a record too many': xzStream({ records: () => [[40, 1]] }),
    'swapped records of the index': twoBlocks({ records: swap }),
    'a record with another inflated size': oneBlock(
      {},
      { records: (all) => all.map(([unpadded]) => [unpadded, 1]) },
    ),
    'a record with another size': oneBlock({}, { records: (all) => all.map(([, size]) => [48, size]) }),
    'a record of the largest number': oneBlock({}, { records: () => [[40, 2 ** 62]] }),
    'a count of records in two bytes of which one suffices': oneBlock(
      {},
      { indexCount: Buffer.from([0x81, 0]) },
    ),
    'padding of the index that is not zero': xzStream({ indexPadding: Buffer.from([0, 1]) }),
    'padding of the index that is too long': xzStream({ indexPadding: Buffer.alloc(6) }),
    'a wrong checksum': oneBlock({ check: Buffer.alloc(4) }),
    'a wrong SHA-256': oneBlock({ check: Buffer.alloc(32) }, { flags: [0, xzCheck.sha256] }),
    'a stated compressed size that is too small': oneBlock({ stated: { compressed: storedBytes - 1 } }),
    'a stated compressed size that is too large': oneBlock({ stated: { compressed: storedBytes + 1 } }),
    'a stated compressed size of zero': oneBlock({ stated: { compressed: 0 } }),
    'a stated inflated size that is too small': oneBlock({ stated: { inflated: text.length - 1 } }),
    'a stated inflated size that is too large': oneBlock({ stated: { inflated: text.length + 1 } }),
    'a filter number in two bytes of which one suffices': oneBlock({ header: [0, 0xa1, 0, 1, 0x14] }),
    'a number of more than nine bytes': oneBlock({ header: [0, ...Array<number>(9).fill(0x80), 1, 1, 0x14] }),
    'a header that ends within its filter': oneBlock({
      header: [0, 0x21, 1],
      headerPadding: Buffer.alloc(0),
    }),
    'padding of a block that is not zero': oneBlock({ padding: Buffer.from([0, 0, 1]) }),
    'a block without padding': oneBlock({ padding: Buffer.alloc(0) }),
  };
}

function badChunks(): Record<string, Buffer> {
  const [first, second] = [lzmaChunks(text), lzmaChunks(more)];
  const size = first.readUInt16BE(1);
  return {
    'no reset of the dictionary by a stored chunk': chunked([storedChunk(text, 2)], text),
    'no reset of the dictionary by a compressed chunk': chunked([withControl(first, 0xc0)], text),
    'no properties after a reset by a stored chunk': chunked(
      [first, storedChunk(more), withoutProperties(second, 0xa0)],
      text,
      more,
      more,
    ),
    'a chunk that continues a state before the first': chunked([withoutProperties(first, 0x80)], text),
    'a chunk that continues after a stored one': chunked(
      [storedChunk(text), withoutProperties(second, 0x80)],
      text,
      more,
    ),
    'a control byte without a meaning': chunked([withByte(storedChunk(text), 0, 3)], text),
    'a control byte without a meaning, the largest': chunked([withByte(storedChunk(text), 0, 0x7f)], text),
    'properties out of range': chunked([withByte(first, 5, 225)], text),
    'more than four bits of context': chunked([withByte(first, 5, 5)], text),
    'a range coder that does not begin with zero': chunked([withByte(first, 6, 1)], text),
    'a chunk with less data than it states': chunked([withSizes(first, size + 1)], text),
    'a chunk with more data than it states': chunked([withSizes(first, size - 1)], text),
    'a chunk with fewer bytes than it needs': chunked([withSizes(first, size, -1)], text),
    'a chunk with more bytes than it needs': chunked([withSizes(first, size, 1)], text),
    'a match before the data': chunked([withControl(second.subarray(), 0xe0).fill(0, 7, 12)], more),
    'a missing end marker': xzStream({ blocks: [{ data: storedChunk(text), content: text }] }),
    'a chunk after the end marker': chunked([storedChunk(text), end, storedChunk(more, 2)], text, more),
  };
}

/** The chunk with another stated size. A positive number adds bytes at the end, a negative one removes them. */
function withSizes(chunk: Buffer, size: number, extraBytes = 0): Buffer {
  const changed = Buffer.concat([chunk, Buffer.alloc(Math.max(extraBytes, 0))]);
  changed.writeUInt16BE(size, 1);
  changed.writeUInt16BE(chunk.readUInt16BE(3) + extraBytes, 3);
  return changed.subarray(0, chunk.length + extraBytes);
}

/** Files that are valid, but use what the decoder does not have. */
function unsupportedFiles(): Record<string, Buffer> {
  return {
    'the check 2, which the format reserves': oneBlock({ check: Buffer.alloc(4) }, { flags: [0, 2] }),
    'a delta filter': runTool('xz', ['-c', '--delta=dist=4', '--lzma2'], text),
    'a filter of x86': runTool('xz', ['-c', '--x86', '--lzma2'], text),
    'a filter of ARM': runTool('xz', ['-c', '--arm', '--lzma2'], text),
    'a filter that is not defined': oneBlock({ header: [0, 0x3f, 0] }),
    'reserved flags of a block header': oneBlock({ header: [4, 0x21, 1, 0x14] }),
    'a dictionary size out of range': oneBlock({ header: [0, 0x21, 1, 41] }),
    'two filters LZMA2': oneBlock({ header: [1, 0x21, 1, 0x14, 0x21, 1, 0x14] }),
    'two bytes of properties': oneBlock({ header: [0, 0x21, 2, 0x14, 0] }),
  };
}

/** Returns the content, or undefined if the decoder rejects the file. Any other error fails the test. */
function inflate(file: Buffer, pieceBytes: number): Buffer | undefined {
  const pieces: Buffer[] = [];
  const inflater = new XzInflater((bytes) => pieces.push(Buffer.from(bytes)));
  try {
    for (let at = 0; at < file.length; at += pieceBytes) inflater.push(file.subarray(at, at + pieceBytes));
    inflater.end();
  } catch (error) {
    assert.ok(error instanceof InflateError, String(error));
    return undefined;
  }
  return Buffer.concat(pieces);
}

/** The same by xz itself. It warns about a check that it cannot verify, which is a rejection here. */
function inflateByXz(file: Buffer): Buffer | undefined {
  try {
    return runTool('xz', ['-dc'], file);
  } catch {
    return undefined;
  }
}

function assertSame(found: Buffer | undefined, expected: Buffer | undefined, name: string): void {
  assert.equal(found?.toString('hex'), expected?.toString('hex'), name);
}

function assertVectors(files: Record<string, Buffer>, isGood: boolean): void {
  for (const [name, file] of Object.entries(files)) {
    const expected = inflateByXz(file);
    assert.equal(expected !== undefined, isGood, `xz, ${name}`);
    for (const pieceBytes of [1, 7, file.length])
      assertSame(inflate(file, pieceBytes), expected, `${name}, in pieces of ${pieceBytes}`);
  }
}

test('returns the content of every valid structure of xz', { skip }, () => {
  assertVectors(goodFiles(), true);
});

test('rejects every fault of streams, headers and indexes that xz rejects', { skip }, () => {
  assertVectors(badContainers(), false);
});

test('rejects every fault of chunks that xz rejects', { skip }, () => {
  assertVectors(badChunks(), false);
});

test('rejects what it does not support instead of returning other bytes', { skip }, () => {
  for (const [name, file] of Object.entries(unsupportedFiles()))
    assert.equal(inflate(file, file.length), undefined, name);
});

test('agrees with xz about damaged chunks that no checksum protects', { skip }, () => {
  const content = Buffer.from(Array.from({ length: 400 }, (_, i) => `package-${(i * 7919) % 61} `).join(''));
  const chunk = lzmaChunks(content, 'lc=3,lp=1,pb=2');
  let random = 1;
  for (let run = 0; run < 100; run++) {
    random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
    const damaged = withByte(chunk, (random >>> 8) % chunk.length, random & 0xff);
    const file = xzStream({ flags: [0, xzCheck.none], blocks: [block([damaged], [content])] });
    assertSame(inflate(file, file.length), inflateByXz(file), `run ${run}`);
  }
});
