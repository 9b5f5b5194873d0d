import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { collectAll } from '../../testing/streams.ts';
import { readLocalLayer } from './local-layer.ts';

const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'clair-local-')));
after(() => {
  rmSync(scratch, { recursive: true });
});
const inside = join(scratch, 'inside');
mkdirSync(join(inside, 'deep'), { recursive: true });
mkdirSync(join(scratch, 'inside-not'));
writeFileSync(join(inside, 'deep/layer'), 'inside');
writeFileSync(join(scratch, 'inside-not/layer'), 'beside');
writeFileSync(join(scratch, 'secret'), 'outside');
for (const [name, target] of Object.entries({
  relative: 'deep/layer',
  absolute: join(inside, 'deep/layer'),
  directory: 'deep',
  up: '..',
  secret: '../secret',
  nothing: '../nothing',
  'absolute-secret': join(scratch, 'secret'),
  'absolute-nothing': join(scratch, 'nothing'),
  root: '/',
  loop: 'loop',
  back: '../inside/deep/layer',
}))
  symlinkSync(target, join(inside, name));
symlinkSync(inside, join(scratch, 'alias'));

async function read(path: string, directories?: readonly string[]): Promise<string> {
  return Buffer.concat(await collectAll(readLocalLayer(path, directories))).toString();
}

const missing = { code: 'layer-not-found' };
const refused = { code: 'source-refused' };

test('reads a regular file', async () => {
  assert.equal(await read(join(inside, 'relative')), 'inside');
  assert.equal(await read(join(inside, 'secret')), 'outside');
});

test('throws and does not block when the path is not a regular file', async () => {
  const pipe = join(scratch, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const socket = join(scratch, 'socket');
  const server = createServer().listen(socket);
  await once(server, 'listening');
  for (const path of [
    pipe,
    socket,
    '/dev/zero',
    '/dev/null',
    '/dev/tty',
    join(scratch, 'none'),
    `${scratch}/a\0b`,
    '',
  ])
    await assert.rejects(read(path), missing, path);
  await assert.rejects(read(join(inside, 'deep/layer/below')), missing);
  await assert.rejects(read(scratch), { code: 'target-corrupt' });
  server.close();
});

test('reads files and follows links when they stay in the allowed directories', async () => {
  for (const name of [
    'deep/layer',
    './deep//layer',
    'deep/../deep/layer',
    'relative',
    'absolute',
    'directory/layer',
  ])
    assert.equal(await read(`${inside}/${name}`, ['/elsewhere', inside]), 'inside', name);
  assert.equal(await read(join(scratch, 'alias/relative'), [join(scratch, 'alias')]), 'inside');
  assert.equal(await read(join(inside, 'relative'), [`${inside}/`]), 'inside');
  assert.equal(await read(join(inside, 'back'), [scratch]), 'inside');
  await assert.rejects(read(join(inside, 'none'), [inside]), missing);
  await assert.rejects(read(join(inside, 'loop'), [inside]), missing);
});

test('throws source-refused when a path leads out of the directories, whether it exists or not', async () => {
  for (const name of [
    '../secret',
    '../nothing',
    'deep/../../secret',
    'up/secret',
    'up/nothing',
    'secret',
    'nothing',
    'absolute-secret',
    'absolute-nothing',
    'root/etc/passwd',
    'root/nothing',
    'back',
  ])
    await assert.rejects(read(`${inside}/${name}`, [inside]), refused, name);
  for (const path of [
    join(scratch, 'secret'),
    join(scratch, 'nothing'),
    join(scratch, 'inside-not/layer'),
    'package.json',
  ])
    await assert.rejects(read(path, [inside]), refused, path);
  await assert.rejects(read(join(inside, 'relative'), []), refused);
});
