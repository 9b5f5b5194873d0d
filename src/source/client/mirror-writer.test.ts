import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { FeedClient } from '../../plugin/advisory-source.ts';
import { temporaryDirectory } from '../../testing/store-engines.ts';
import { collectAll, inChunks } from '../../testing/streams.ts';
import { mirrorClient } from './mirror.ts';
import { type MirrorWriter, openMirrorWriter } from './mirror-writer.ts';

const url = 'https://feeds.example.org/v1/main.json';
const file = 'feeds.example.org/v1/main.json';

/** A vendor's files by URL, and the requests: each is the URL and the sent fingerprint, `-` for none. */
class FakeVendor implements FeedClient {
  readonly requests: string[] = [];
  readonly files: Map<string, string>;
  /** Whether it sends fingerprints. Without them every response counts as new. */
  readonly hasMarks: boolean;

  constructor(files: Readonly<Record<string, string>>, hasMarks = true) {
    this.files = new Map(Object.entries(files));
    this.hasMarks = hasMarks;
  }

  async get(at: string, lastFingerprint?: string): ReturnType<FeedClient['get']> {
    this.requests.push(`${at} ${lastFingerprint ?? '-'}`);
    const content = this.files.get(at);
    if (content === undefined) return 'absent';
    if (this.hasMarks && lastFingerprint === content) return 'unchanged';
    return { url: at, fingerprint: this.hasMarks ? content : '', body: bodyOf(content) };
  }
}

/** Yields a content. One that ends with `…` fails there. */
async function* bodyOf(content: string): AsyncGenerator<Uint8Array> {
  yield* inChunks(Buffer.from(content), 3);
  if (content.endsWith('…')) throw new Error('broken off');
}

function openIn(directory: string, vendor: FeedClient, name = 'upstream'): Promise<MirrorWriter> {
  return openMirrorWriter(directory, { name, client: vendor });
}

async function read(client: FeedClient, at = url): Promise<string> {
  const fetched = await client.get(at);
  assert.ok(typeof fetched === 'object');
  return Buffer.concat(await collectAll(fetched.body)).toString();
}

/** Returns a mirror of one file after a first run. */
async function mirrored(context: TestContext, content = 'one'): Promise<string> {
  const directory = temporaryDirectory(context);
  const client = await openIn(directory, new FakeVendor({ [url]: content }));
  assert.equal(await read(client), content);
  assert.deepEqual(await client.accept(), { written: 1, unchanged: 0 });
  await client.finish();
  return directory;
}

/** Returns the files in a directory, recursively. */
async function filesIn(directory: string): Promise<string[]> {
  const all = await readdir(directory, { recursive: true });
  return all.filter((name) => statSync(join(directory, name)).isFile()).sort();
}

test('keeps one file whose URL changes with each version', async (context) => {
  const directory = temporaryDirectory(context);
  const keptAs = 'https://feeds.example.org/latest.zip';
  for (const version of ['1', '2']) {
    const dated = `https://feeds.example.org/${version}/all.zip`;
    const client = await openIn(directory, new FakeVendor({ [dated]: `version ${version}` }));
    const fetched = await client.get(dated, undefined, { keptAs });
    assert.ok(typeof fetched === 'object');
    assert.equal(Buffer.concat(await collectAll(fetched.body)).toString(), `version ${version}`);
    assert.deepEqual(await client.accept(), { written: 1, unchanged: 0 });
    await client.finish();
  }
  assert.deepEqual(await filesIn(directory), ['clair-mirror.json', 'feeds.example.org/latest.zip']);
  const again = await mirrorClient(directory).get('https://feeds.example.org/3/all.zip', undefined, {
    keptAs,
  });
  assert.ok(typeof again === 'object');
  assert.equal(Buffer.concat(await collectAll(again.body)).toString(), 'version 2');
});

test('stores a file in the mirror when it is accepted', async (context) => {
  const directory = temporaryDirectory(context);
  const client = await openIn(directory, new FakeVendor({ [url]: 'one' }));
  assert.equal(await read(client), 'one');
  assert.ok(!(await filesIn(directory)).includes(file));
  await client.accept();
  assert.equal(readFileSync(join(directory, file), 'utf8'), 'one');
  assert.equal(await read(client), 'one');
  await client.finish();
  assert.deepEqual(await filesIn(directory), ['clair-mirror.json', file]);
});

test('requests only what changed on a second run, and writes nothing when nothing did', async (context) => {
  const directory = await mirrored(context);
  const times = async () => (await filesIn(directory)).map((name) => statSync(join(directory, name)).mtimeMs);
  const before = await times();
  const vendor = new FakeVendor({ [url]: 'one' });
  const client = await openIn(directory, vendor);
  assert.equal(await read(client), 'one');
  assert.deepEqual(vendor.requests, [`${url} one`]);
  assert.deepEqual(await client.accept(), { written: 0, unchanged: 1 });
  await client.finish();
  assert.deepEqual(await times(), before);

  vendor.files.set(url, 'two');
  const later = await openIn(directory, vendor);
  assert.equal(await read(later), 'two');
  assert.deepEqual(await later.accept(), { written: 1, unchanged: 0 });
});

test('counts an identical file without a fingerprint as unchanged', async (context) => {
  const directory = await mirrored(context);
  const before = statSync(join(directory, file)).ino;
  for (const content of ['one', 'two']) {
    const client = await openIn(directory, new FakeVendor({ [url]: content }, false));
    assert.equal(await read(client), content);
    const written = content === 'one' ? 0 : 1;
    assert.deepEqual(await client.accept(), { written, unchanged: 1 - written });
    assert.equal(statSync(join(directory, file)).ino === before, written === 0);
  }
});

test('fetches a file once per run', async (context) => {
  const vendor = new FakeVendor({ [url]: 'one' });
  const client = await openIn(temporaryDirectory(context), vendor);
  const both = await Promise.all([read(client), read(client)]);
  assert.deepEqual(both, ['one', 'one']);
  await client.accept();
  assert.equal(await client.get(url, 'one'), 'unchanged');
  assert.equal(vendor.requests.length, 1);
});

test('keeps the existing file when the new one is rejected, and requests it again', async (context) => {
  const directory = await mirrored(context);
  const vendor = new FakeVendor({ [url]: '<html>' });
  const client = await openIn(directory, vendor);
  assert.equal(await read(client), '<html>');
  await client.reject();
  await client.finish();
  assert.equal(readFileSync(join(directory, file), 'utf8'), 'one');
  assert.deepEqual(await filesIn(directory), ['clair-mirror.json', file]);

  vendor.requests.length = 0;
  const next = await openIn(directory, vendor);
  await read(next);
  assert.deepEqual(vendor.requests, [`${url} -`]);
});

test('keeps the existing file, and no other, when a download breaks off', async (context) => {
  const directory = await mirrored(context);
  const client = await openIn(directory, new FakeVendor({ [url]: 'half…' }));
  await assert.rejects(read(client), /broken off/);
  await client.reject();
  await client.finish();
  assert.equal(readFileSync(join(directory, file), 'utf8'), 'one');
  assert.deepEqual(await filesIn(directory), ['clair-mirror.json', file]);
});

test('keeps a file that the origin no longer has', async (context) => {
  const directory = await mirrored(context);
  const client = await openIn(directory, new FakeVendor({}));
  assert.equal(await client.get(url), 'absent');
  assert.deepEqual(await client.accept(), { written: 0, unchanged: 0 });
  assert.equal(readFileSync(join(directory, file), 'utf8'), 'one');
});

test('fetches a file again when it was changed in the mirror or has another origin', async (context) => {
  const directory = await mirrored(context);
  const vendor = new FakeVendor({ [url]: 'one' });
  writeFileSync(join(directory, file), 'on');
  await read(await openIn(directory, vendor));
  await read(await openIn(await mirrored(context), vendor, 'elsewhere'));
  const damaged = await mirrored(context);
  writeFileSync(join(damaged, 'clair-mirror.json'), '{"origin":');
  await read(await openIn(damaged, vendor));
  assert.deepEqual(vendor.requests, [`${url} -`, `${url} -`, `${url} -`]);
});

test('writes no file outside the mirror for any URL', async (context) => {
  const client = await openIn(temporaryDirectory(context), new FakeVendor({}));
  await assert.rejects(client.get('https://feeds.example.org/..%2f..%2fetc/passwd'), {
    code: 'feed-unavailable',
  });
});

test('reports a directory that cannot be written', async (context) => {
  const directory = temporaryDirectory(context);
  writeFileSync(join(directory, 'file'), '');
  const client = await openIn(join(directory, 'file'), new FakeVendor({ [url]: 'one' }));
  await assert.rejects(client.get(url), { code: 'output-failed' });
});
