import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../kit/limits.ts';
import { type LinkedPlace, standIns } from './links.ts';

const link = (place: string, standsFor: string): LinkedPlace => ({ place, standsFor, by: 'path' });

test('a path stands for the wanted place a link leads from, one of a directory for its file there', () => {
  const wantedPathOf = standIns([link('opt/release', 'etc/os-release'), link('data/d/*', 'status.d/*')]);
  assert.equal(wantedPathOf('opt/release'), 'etc/os-release');
  assert.equal(wantedPathOf('data/d/bash'), 'status.d/bash');
  assert.equal(wantedPathOf('etc/os-release'), undefined);
  assert.equal(wantedPathOf('elsewhere'), undefined);
});

test('links behind each other lead to the first of them, and two that lead to each other end', () => {
  const chain = standIns([link('c', 'b'), link('b', 'a')]);
  assert.equal(chain('c'), 'a');
  assert.equal(chain('b'), 'a');
  const round = standIns([link('a', 'b'), link('b', 'a')]);
  assert.equal(round('a'), 'b');
  const links = Array.from({ length: limits.linkDepth + 10 }, (_, i) => link(`l${i + 1}`, `l${i}`));
  assert.equal(standIns(links)(`l${limits.linkDepth + 5}`), 'l4');
});
