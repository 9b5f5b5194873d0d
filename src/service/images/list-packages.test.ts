import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { ListerEvent, PackageLister } from '../../plugin/package-lister.ts';
import { ListedSize, listPackages } from './list-packages.ts';

const path = 'var/lib/made/status';

function listerOf(list: () => Iterable<ListerEvent>): PackageLister {
  return { name: 'made', version: 1, wants: [path], list };
}

function packageEvent(number: number, at: string = path): ListerEvent {
  return { kind: 'package', path: at, package: { type: 'deb', name: `p${number}`, version: '1' } };
}

const options = { wantedPathsOf: () => [], size: new ListedSize() };
const files = new Map([[path, new Uint8Array()]]);

test('stops a lister at the limit of the image, before it lists all of the layer', () => {
  let listed = 0;
  const endless = listerOf(function* () {
    for (;;) yield packageEvent(listed++);
  });
  const isRefused = (error: unknown): boolean =>
    error instanceof ClairError && error.code === 'limit-exceeded' && error.limit === 'imageThings';
  assert.throws(() => listPackages(endless, files, { ...options, size: new ListedSize() }), isRefused);
  assert.equal(listed, limits.imageThings + 1);
});

test('counts the packages of all listers of a layer together, and the files of packages', async () => {
  const size = new ListedSize();
  const half = limits.imageThings / 2;
  const many = listerOf(function* () {
    for (let i = 0; i < half; i++) yield packageEvent(i);
  });
  const owned = Array.from({ length: half - 1 }, (_, i) => `usr/lib/${i}.so`);
  const owner = listerOf(() => [{ kind: 'owned-files', path, owner: 'p0', files: owned }]);
  await listPackages(many, files, { ...options, size });
  await listPackages(owner, files, { ...options, size });
  assert.throws(() => listPackages(many, files, { ...options, size }), ClairError);
});

test('says once that a layer lists more than most do', async () => {
  let said = 0;
  const size = new ListedSize(() => said++);
  const some = listerOf(function* () {
    for (let i = 0; i < 9000; i++) yield packageEvent(i);
  });
  await listPackages(some, files, { ...options, size });
  assert.equal(said, 0);
  await listPackages(some, files, { ...options, size });
  await listPackages(some, files, { ...options, size });
  assert.equal(said, 1);
});

test('keeps what a lister listed before it failed, and names the failure', async () => {
  const failing = listerOf(function* () {
    yield packageEvent(1);
    throw new Error('no such table');
  });
  const listing = await listPackages(failing, files, options);
  assert.deepEqual(
    listing.packages.map(({ packages }) => packages.map(({ name }) => name)),
    [['p1']],
  );
  assert.deepEqual(listing.problems, [
    { extension: 'made', path, message: 'the lister failed: no such table' },
  ]);
});

test('names the real path of a file that a link makes available at a wanted path', async () => {
  const real = 'opt/status';
  const lister = listerOf(() => [packageEvent(1), { kind: 'read-with', path, readWith: path }]);
  const linked = new Map([[real, new Uint8Array()]]);
  const listing = await listPackages(lister, linked, { ...options, wantedPathsOf: () => [path] });
  assert.deepEqual(
    listing.packages.map((file) => file.path),
    [real],
  );
  assert.deepEqual(listing.pairs, [{ extension: 'made', path: real, readWith: real }]);
});
