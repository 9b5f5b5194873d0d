import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { temporaryDirectory } from '../../testing/store-engines.ts';
import { cellsPlan, ofOwnCell } from './cells-plan.ts';

const north = { url: 'https://north.example:6060' };

test('reads the cells of the settings, with the token of each from the settings or from a file', async (t) => {
  const tokenfile = join(temporaryDirectory(t), 'token');
  writeFileSync(tokenfile, 'of-south\n');
  const plan = await cellsPlan({
    cell: 'north',
    cells: { north: { ...north, token: 'of-north' }, south: { ...north, tokenfile }, west: north },
  });
  assert.equal(plan?.own, 'north');
  assert.deepEqual(
    plan.cells.map(({ name, token }) => [name, token]),
    [
      ['north', 'of-north'],
      ['south', 'of-south'],
      ['west', undefined],
    ],
  );
  assert.equal((await cellsPlan({ cell: '', cells: { north } }))?.own, undefined);
  assert.equal(await cellsPlan({ cell: '', cells: {} }), undefined);
});

test('refuses cells that cannot be asked, with the setting and without the token', async () => {
  const many = Object.fromEntries(Array.from({ length: limits.cells + 1 }, (_, i) => [`c${i}`, north]));
  for (const [cell, cells, message] of [
    ['east', { north }, /^cell must be one of cells, and they do not have east$/],
    ['', { North: north }, /^cells\.North: a name has/],
    ['', { north: {} }, /^cells\.north\.url must be like/],
    ['', { north: { url: 'ftp://north.example' } }, /\.url must be like/],
    ['', { north: { url: 'https://a:secret@north.example' } }, /without a password/],
    ['', { north: { url: 'https://north.example?x=1' } }, /\.url must be like/],
    ['', { north: { ...north, token: 'secret', tokenfile: 'file' } }, /has both token and tokenfile/],
    ['', { north: { ...north, token: 'the secret' } }, /the token has characters/],
    ['', { north: { ...north, tokenfile: '/missing' } }, /\/missing cannot be read/],
    ['', many, /^cells has more than 64 entries$/],
  ] as const)
    await assert.rejects(cellsPlan({ cell, cells }), (error) => {
      assert.ok(error instanceof ClairError && error.code === 'config-invalid');
      assert.match(error.message, message);
      return !error.message.includes('secret');
    });
});

test('leaves each registry to one cell, and all to a server without cells', () => {
  const cells = { north, south: north, west: north };
  const all = Array.from({ length: 30 }, (_, i) => ({ registry: `registry-${i}.example` }));
  const shares = Object.keys(cells).map((cell) => ofOwnCell(all, { cell, cells }));
  for (const share of shares) assert.ok(share.length > 0 && share.length < all.length);
  const texts = shares.flat().map(({ registry }) => registry);
  assert.deepEqual(texts.sort(), all.map(({ registry }) => registry).sort());
  assert.deepEqual(ofOwnCell(all, { cell: '', cells: {} }), all);
});
