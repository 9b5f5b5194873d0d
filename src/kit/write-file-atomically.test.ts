import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { pbkdf2 } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { writeFileAtomically } from './write-file-atomically.ts';

const text = [Buffer.from('a'), Buffer.from('b')];

async function* later(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield await Promise.resolve(piece);
}

test('writes a whole file in directories that it creates', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'clair-'));
  const path = join(directory, 'x', 'y', 'file');
  for (const content of [text, later(text)]) {
    assert.equal(await writeFileAtomically(path, content), 2);
    assert.equal(readFileSync(path, 'utf8'), 'ab');
    rmSync(path);
  }
  await writeFileAtomically(path, text);
  const cut = (function* () {
    yield Buffer.from('c');
    throw new RangeError('cut');
  })();
  await assert.rejects(writeFileAtomically(path, cut), RangeError);
  assert.equal(readFileSync(path, 'utf8'), 'ab');
  assert.deepEqual(readdirSync(join(directory, 'x', 'y')), ['file']);
});

test('leaves no draft if the content fails while all threads of the file system are busy', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'clair-'));
  const derive = promisify(pbkdf2);
  const busy = Array.from({ length: 16 }, () => derive('a', 'b', 20_000, 64, 'sha512'));
  const failing = (async function* () {
    yield await Promise.resolve(Buffer.from('a'));
    throw new RangeError('cut');
  })();
  await assert.rejects(writeFileAtomically(join(directory, 'file'), failing), RangeError);
  await Promise.all(busy);
  assert.deepEqual(await readdir(directory), []);
});

test('reports a place that cannot be written', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'clair-'));
  writeFileSync(join(directory, 'file'), '');
  mkdirSync(join(directory, 'directory'));
  for (const path of [join(directory, 'file', 'x'), join(directory, 'directory')])
    await assert.rejects(writeFileAtomically(path, text), { code: 'output-failed' });
  assert.deepEqual(readdirSync(directory), ['directory', 'file']);
});

test('leaves no draft when the process exits during the write', () => {
  const directory = mkdtempSync(join(tmpdir(), 'clair-'));
  const script = `
    import { existsSync } from 'node:fs';
    import { writeFileAtomically } from ${JSON.stringify(new URL('./write-file-atomically.ts', import.meta.url).href)};
    const path = process.argv[1];
    async function* content() {
      yield Buffer.alloc(1_000_000);
      yield Buffer.alloc(1_000_000);
      process.exit(existsSync(path + '.' + process.pid + '.part') ? 4 : 5);
    }
    await writeFileAtomically(path, content());`;
  const run = ['--input-type=module', '--eval', script, join(directory, 'file')];
  assert.equal(spawnSync(process.execPath, run).status, 4);
  assert.deepEqual(readdirSync(directory), []);
});

test('writes to a pipe directly', () => {
  const script = `
    import { writeFileAtomically } from ${JSON.stringify(new URL('./write-file-atomically.ts', import.meta.url).href)};
    await writeFileAtomically('/dev/stdout', [Buffer.from('ab')]);`;
  // A shell creates a pipe, whereas Node gives a child a socket.
  const line = ['-c', '"$0" --input-type=module --eval "$1" | cat', process.execPath, script];
  assert.equal(execFileSync('sh', line, { encoding: 'utf8' }), 'ab');
});
